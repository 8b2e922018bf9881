using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Destinations;
using Sandbox.Interop;
using Sandbox.Jobs;
using Sandbox.Text;

namespace Sandbox;

/// <summary>
/// A file for a result, which appears whole or not at all. Its directory is opened, and whether it can be written is found out, before the job starts:
/// afterwards a job that may write above it could have put a link there. A device or a FIFO is written to in place, and a link is followed only if no job can
/// have made it.
/// </summary>
public sealed class ResultDestination : IDisposable
{
    private const int Mode = 0x1b6; // 0666 less the umask

    private static readonly TimeSpan s_maxWaitForReader = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_nap = TimeSpan.FromMilliseconds(20);

    private readonly string _name;
    private HostDirectory? _directory;
    private SafeFileHandle? _inPlace;

    private ResultDestination(string name) => _name = name;

    /// <summary>Opens the directory of a file; to be called before the job starts.</summary>
    /// <param name="path">Where the result goes; a relative one starts from the current directory.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written, or is a directory itself.</exception>
    /// <exception cref="IOException">It cannot be written; <see cref="Exception.HResult"/> is the errno, or 0 where the message says more.</exception>
    public static ResultDestination Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!TrySplit(path, out var directory, out var name))
        {
            throw new DirectoryNotFoundException();
        }

        if (name is "" or "." or "..")
        {
            throw new UnauthorizedAccessException();
        }

        var destination = new ResultDestination(name);
        try
        {
            destination.OpenDirectory(directory);
            return destination;
        }
        catch
        {
            destination.Dispose();
            throw;
        }
    }

    /// <summary>Writes the result and a line end, in pieces: of a large result no copy is made in memory. Once.</summary>
    /// <param name="result">What became of the job.</param>
    /// <param name="pretty">Indented, one member a line; otherwise all on one line.</param>
    /// <param name="cancellationToken">Ends the wait for the reader of a FIFO, which is given up after 10 s.</param>
    /// <exception cref="DirectoryNotFoundException">The directory is gone.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    /// <exception cref="IOException">It cannot be written; <see cref="Exception.HResult"/> is the errno, or 0 where the message says more.</exception>
    /// <exception cref="ObjectDisposedException">This was disposed of.</exception>
    public void Write(DocumentResult result, bool pretty = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(result);
        Write(action => ResultFile.SendLine(new PieceWriter(action), result, pretty), cancellationToken);
    }

    /// <summary>The same for a result that is JSON already, as a server has it.</summary>
    /// <param name="json">The result, without a line end.</param>
    /// <param name="cancellationToken">Ends the wait for the reader of a FIFO, which is given up after 10 s.</param>
    /// <inheritdoc cref="Write(DocumentResult, bool, CancellationToken)" path="/exception"/>
    public void WriteJson(ReadOnlyMemory<byte> json, CancellationToken cancellationToken = default)
    {
        byte[] line = [.. json.Span, (byte)'\n'];
        Write(action => action(line), cancellationToken);
    }

    /// <summary>Closes the directory; a result that was written stays.</summary>
    public void Dispose()
    {
        _directory?.Dispose();
        _inPlace?.Dispose();
        _directory = null;
    }

    private void Write(Func<PieceAction, int> send, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_directory is null, this);
        Check(_inPlace is null ? WriteNew(_directory, send) : WriteInPlace(_inPlace, send, cancellationToken));
    }

    private void OpenDirectory(string path)
    {
        var error = HostDirectory.Open(path, makes: false, out _directory, out var failed);
        if (error == -Errno.ELOOP)
        {
            throw new IOException($"{Words.Quote(failed)} is a symbolic link; {HostDirectory.LinkHint}", 0);
        }

        Check(error);
        Check(_directory!.KindOf(_name) switch
        {
            FileKind.Directory => -Errno.EISDIR,
            null or FileKind.Regular => TryCreate(),
            FileKind.SymbolicLink when HostFile.OpenLinked(_directory, path, _name, out _inPlace) is -Errno.ELOOP or -Errno.ENOENT => TryToReplace(),
            FileKind.SymbolicLink => CheckWritable(_inPlace!),
            _ => HoldInPlace(),
        });
    }

    // As of the kernel, for which nothing comes after a last slash.
    private static bool TrySplit(string file, out string path, out string name)
    {
        var whole = file.StartsWith('/') ? file : CurrentDirectory() is { Length: > 0 } current ? $"{current.TrimEnd('/')}/{file}" : "";
        var end = whole.LastIndexOf('/') + 1;
        (path, name) = (whole[..end], whole[end..]);
        return end > 0 && !file.Contains('\0');
    }

    // Empty where it was deleted (getcwd(2), ENOENT).
    private static string CurrentDirectory()
    {
        try
        {
            return Directory.GetCurrentDirectory();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private int TryCreate()
    {
        var error = NewFile.Create(_directory!, Mode, out var file);
        file?.Dispose();
        return error;
    }

    // A link that a job may have made, or that leads nowhere, is not followed: a file takes its place.
    private int TryToReplace()
    {
        _inPlace?.Dispose();
        _inPlace = null;
        return TryCreate();
    }

    // A rename would replace a device or a FIFO by a regular file.
    private int HoldInPlace()
    {
        var error = Libc.OpenAt(_directory!.Handle, Encoding.UTF8.GetBytes(_name + '\0'), OpenFlags.Path | OpenFlags.NoFollow, out _inPlace);
        return error < 0 ? error : CheckWritable(_inPlace);
    }

    private static int CheckWritable(SafeFileHandle held) => Libc.CanWrite($"/proc/self/fd/{held.DangerousGetHandle()}") ? 0 : -Errno.EACCES;

    private int WriteNew(HostDirectory directory, Func<PieceAction, int> send)
    {
        if (!directory.IsInPlace)
        {
            throw new IOException("its directory is no longer where it was when the job started: it was moved, removed or replaced", 0);
        }

        var error = NewFile.Create(directory, Mode, out var file);
        using (file)
        {
            if (error == 0)
            {
                error = send(file!.Write);
            }

            return error == 0 ? file!.Commit(_name) : error;
        }
    }

    private static int WriteInPlace(SafeFileHandle held, Func<PieceAction, int> send, CancellationToken cancellationToken)
    {
        var error = OpenForWriting(held, cancellationToken, out var file);
        using (file)
        {
            return error == 0 ? send(piece => Libc.WriteAll(file, piece)) : error;
        }
    }

    // The very thing that was there before the job. A FIFO may get its reader a little later than we come to write (ENXIO, fifo(7)).
    private static int OpenForWriting(SafeFileHandle held, CancellationToken cancellationToken, out SafeFileHandle file)
    {
        var until = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var error = Libc.OpenAgainToReplace(held, out file);
            if (error == 0)
            {
                return Libc.MakeBlocking(file);
            }

            file.Dispose();
            if (error != -Errno.ENXIO || !IsFifo(held) || TimeProvider.System.GetElapsedTime(until) > s_maxWaitForReader)
            {
                return error;
            }

            cancellationToken.WaitHandle.WaitOne(s_nap);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static bool IsFifo(SafeFileHandle held) => Libc.Status(held, out var status) == 0 && status.Kind == FileKind.Fifo;

    private static void Check(int error)
    {
        if (error < 0)
        {
            throw error switch
            {
                -Errno.ENOENT or -Errno.ENOTDIR => new DirectoryNotFoundException(),
                -Errno.EACCES or -Errno.EISDIR => new UnauthorizedAccessException(),
                _ => new IOException(Errno.Name(-error), -error),
            };
        }
    }
}
