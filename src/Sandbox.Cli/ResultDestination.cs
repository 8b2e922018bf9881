using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Sandbox.Destinations;
using Sandbox.Interop;
using Sandbox.Jobs;
using Sandbox.Text;

namespace Sandbox.Cli;

/// <summary>
/// Where the result goes: standard output, or a file that appears whole or not at all. Its folder is opened, and whether it
/// can be written is found out, before the job starts: afterwards a job that may write above it could have put a link there.
/// </summary>
internal sealed class ResultDestination
{
    private const int Mode = 0x1b6; // 0666 less the umask

    private static readonly TimeSpan s_longestWaitForReader = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_nap = TimeSpan.FromMilliseconds(20);

    private readonly string? _file;
    private readonly HostFolder? _folder;
    private readonly SafeFileHandle? _inPlace;

    private ResultDestination(string? file, HostFolder? folder, SafeFileHandle? inPlace) =>
        (_file, _folder, _inPlace) = (file, folder, inPlace);

    /// <summary>Null, after the reason was told, when the file cannot be written.</summary>
    public static ResultDestination? Open(string? file)
    {
        if (file is null)
        {
            return new ResultDestination(null, null, null);
        }

        if (OpenFile(file, out var folder, out var inPlace) is not { } reason)
        {
            return new ResultDestination(file, folder, inPlace);
        }

        folder?.Dispose();
        inPlace?.Dispose();
        Tell(file, reason);
        return null;
    }

    /// <summary>Writes the result; false, after the reason was told, when that failed.</summary>
    public bool Write(JobResult result, bool pretty)
    {
        if (_file is null)
        {
            return WriteOutput(result, pretty);
        }

        int Send(PieceAction action) => ResultDestination.Send(result, pretty, action);
        if ((_inPlace is null ? WriteNew(Send) : WriteInPlace(_inPlace, Send)) is not { } reason)
        {
            return true;
        }

        Tell(_file, reason);
        return false;
    }

    private static bool WriteOutput(JobResult result, bool pretty)
    {
        if (Send(result, pretty, StandardStreams.TryWriteOutput) is not (< 0 and var error))
        {
            return true;
        }

        Diagnostics.Write("the result could not be written to stdout: " + Errno.Name(-error));
        return false;
    }

    // In pieces: a large result is nowhere as a whole.
    private static int Send(JobResult result, bool pretty, PieceAction action)
    {
        var pieces = new PieceWriter(action);
        ResultFile.Write(pieces, result, pretty);
        pieces.Write("\n"u8);
        return pieces.Finish();
    }

    // Null, or why not.
    private static string? OpenFile(string file, out HostFolder? folder, out SafeFileHandle? inPlace)
    {
        (folder, inPlace) = (null, null);
        if (!TrySplit(file, out var path, out var name))
        {
            return Diagnostics.Reason(new DirectoryNotFoundException());
        }

        if (name is "" or "." or "..")
        {
            return Diagnostics.Reason(new UnauthorizedAccessException());
        }

        var error = HostFolder.Open(path, makes: false, out folder, out var failed);
        if (error < 0)
        {
            return error == -Errno.ELOOP ? $"{Words.Quote(failed)} is a symbolic link; {HostFolder.LinkHint}" : Reason(error);
        }

        return folder!.KindOf(name) switch
        {
            FileKind.Directory => Reason(-Errno.EISDIR),
            null or FileKind.Regular => TryCreate(folder),
            FileKind.SymbolicLink when HostFile.OpenLinked(folder, path, name, out inPlace) is -Errno.ELOOP or -Errno.ENOENT => TryCreate(folder),
            FileKind.SymbolicLink => CheckWritable(inPlace!),
            _ => HoldInPlace(folder, name, out inPlace),
        };
    }

    // As of the kernel, for which nothing comes after a last slash.
    private static bool TrySplit(string file, out string path, out string name)
    {
        var whole = file.StartsWith('/') ? file : JobSource.CurrentFolder() is { Length: > 0 } current ? $"{current.TrimEnd('/')}/{file}" : "";
        var end = whole.LastIndexOf('/') + 1;
        (path, name) = (whole[..end], whole[end..]);
        return end > 0 && !file.Contains('\0');
    }

    private static string? TryCreate(HostFolder folder)
    {
        var error = NewFile.Create(folder, Mode, out var file);
        file?.Dispose();
        return error < 0 ? Reason(error) : null;
    }

    // A rename would replace a device or a FIFO by a regular file.
    private static string? HoldInPlace(HostFolder folder, string name, out SafeFileHandle? inPlace)
    {
        var error = Libc.OpenAt(folder.Handle, System.Text.Encoding.UTF8.GetBytes(name + '\0'), OpenFlags.Path | OpenFlags.NoFollow, out var held);
        inPlace = held;
        return error < 0 ? Reason(error) : CheckWritable(held);
    }

    private static string? CheckWritable(SafeFileHandle held) =>
        Libc.CanWrite($"/proc/self/fd/{held.DangerousGetHandle()}") ? null : Reason(-Errno.EACCES);

    private string? WriteNew(Func<PieceAction, int> send)
    {
        if (!_folder!.IsInPlace)
        {
            return "its folder is no longer where it was when the job started: it was moved, removed or replaced";
        }

        var error = NewFile.Create(_folder, Mode, out var file);
        using (file)
        {
            if (error == 0)
            {
                error = send(file!.Write);
            }

            if (error == 0)
            {
                error = file!.Commit(_file![(_file!.LastIndexOf('/') + 1)..]);
            }
        }

        return error < 0 ? Reason(error) : null;
    }

    private static string? WriteInPlace(SafeFileHandle held, Func<PieceAction, int> send)
    {
        var error = OpenForWriting(held, out var file);
        using (file)
        {
            if (error == 0)
            {
                error = send(piece => Libc.WriteAll(file, piece));
            }
        }

        return error < 0 ? Reason(error) : null;
    }

    // The very thing that was there before the job. A FIFO may get its reader a little later than we come to write (ENXIO, fifo(7)).
    private static int OpenForWriting(SafeFileHandle held, out SafeFileHandle file)
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
            if (error != -Errno.ENXIO || !IsFifo(held) || TimeProvider.System.GetElapsedTime(until) > s_longestWaitForReader)
            {
                return error;
            }

            Thread.Sleep(s_nap);
        }
    }

    private static bool IsFifo(SafeFileHandle held) => Libc.Status(held, out var status) == 0 && status.Kind == FileKind.Fifo;

    private static string Reason(int error) => error switch
    {
        -Errno.ENOENT or -Errno.ENOTDIR => Diagnostics.Reason(new DirectoryNotFoundException()),
        -Errno.EACCES or -Errno.EISDIR => Diagnostics.Reason(new UnauthorizedAccessException()),
        _ => Errno.Name(-error),
    };

    private static void Tell(string file, string reason) => Diagnostics.Write($"cannot write the result to {Words.Quote(file)}: {reason}");
}
