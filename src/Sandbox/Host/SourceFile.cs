using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Text;

namespace Sandbox.Host;

/// <summary>Opens and reads files of the host that somebody named: never blocking, and never without an end.</summary>
internal static class SourceFile
{
    private const int Flags = OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal | OpenFlags.CloseOnExec;

    /// <summary>Opens what a path leads to, whatever it is; a FIFO without a writer too. 0 or the negated errno.</summary>
    public static int Open(string path, out SafeFileHandle file, out FileStatus status)
    {
        HostWatch.At(path);
        status = default;
        var error = Libc.Open(Encoding.UTF8.GetBytes(path + '\0'), Flags, out file);
        return error < 0 ? error : Libc.Status(file, out status);
    }

    /// <summary>Opens a regular file for a step of a job.</summary>
    /// <param name="path">Where.</param>
    /// <param name="origin">JSON pointer of the member that names it.</param>
    /// <exception cref="SandboxException">It cannot be opened, or is something else.</exception>
    public static SafeFileHandle OpenRegular(string path, string origin)
    {
        var error = Open(path, out var file, out var status);
        if (error == 0 && status.Kind == FileKind.Regular)
        {
            return file;
        }

        file.Dispose();
        var problem = error < 0 ? "" : $": it is not a regular file ({KindOf(status.Kind)})";
        throw new SandboxException($"cannot read {Words.Quote(path)} for the job{problem}")
        {
            Operation = Operation.OpenFile,
            Path = path,
            Errno = error < 0 ? Errno.Name(-error) : status.Kind == FileKind.Directory ? "EISDIR" : "EINVAL",
            Pointer = origin,
        };
    }

    /// <summary>All of a regular file, if it is no larger than <paramref name="most"/>.</summary>
    /// <param name="path">Where.</param>
    /// <param name="most">In bytes.</param>
    /// <param name="bytes">What it holds.</param>
    /// <returns>Null, or what is wrong with it: <c>does not exist</c>, <c>is not a regular file (FIFO)</c>.</returns>
    public static string? ReadRegular(string path, int most, out byte[] bytes)
    {
        bytes = [];
        var error = Open(path, out var file, out var status);
        using (file)
        {
            if (error is -Errno.ENOENT or -Errno.ENOTDIR)
            {
                return "does not exist";
            }

            if (error < 0)
            {
                return "cannot be read: " + Reason(error);
            }

            return status.Kind != FileKind.Regular ? $"is not a regular file ({KindOf(status.Kind)})" : Read(file, most, status.Size, out bytes);
        }
    }

    /// <summary>All there is to the end of a file, FIFO, socket or device, if it is no more than <paramref name="most"/>.</summary>
    /// <param name="file">Open without blocking, or not.</param>
    /// <param name="most">In bytes.</param>
    /// <param name="bytes">What it holds.</param>
    /// <returns>Null, or what is wrong with it.</returns>
    public static string? Read(SafeFileHandle file, int most, out byte[] bytes) => Read(file, most, 0, out bytes);

    /// <summary>The same of a regular file of a known size, which is a hint alone.</summary>
    /// <param name="file">Open without blocking, or not.</param>
    /// <param name="most">In bytes.</param>
    /// <param name="expected">In bytes; 0 for anything that may have to be waited for.</param>
    /// <param name="bytes">What it holds.</param>
    /// <returns>Null, or what is wrong with it.</returns>
    public static string? Read(SafeFileHandle file, int most, long expected, out byte[] bytes)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(expected > 0 && expected <= most ? (int)expected + 1 : 64 << 10);
        var had = 0;
        bytes = [];
        while (true)
        {
            // A FIFO that nobody has opened to write yet reads as ended; poll(2) waits for its first writer, unless a signal ends the wait.
            if (expected == 0 && Libc.Poll([new PollEntry { Descriptor = file.DangerousGetHandle().ToInt32(), Wanted = PollEntry.Readable }], null) == -Errno.EINTR)
            {
                continue;
            }

            if (had == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min(2L * buffer.Length, most + 1L));
            }

            var count = Libc.Read(file, buffer.AsSpan(had));
            if (count is -Errno.EAGAIN or -Errno.EINTR)
            {
                continue;
            }

            if (count < 0)
            {
                return "cannot be read: " + Reason(count);
            }

            if (count == 0)
            {
                bytes = buffer[..had];
                return null;
            }

            had += count;
            if (had > most)
            {
                return $"is larger than {Quantity.SizeText(most)}";
            }
        }
    }

    /// <summary>Why a file cannot be opened or read.</summary>
    public static string Reason(int error) => -error switch
    {
        Errno.ENOENT or Errno.ENOTDIR => "no such file or directory",
        Errno.EACCES or Errno.EPERM => "permission denied",
        var errno => Errno.Name(errno),
    };

    /// <summary>The kind of a file for a sentence.</summary>
    public static string KindOf(FileKind kind) => kind switch
    {
        FileKind.Regular => "file",
        FileKind.Directory => "directory",
        FileKind.SymbolicLink => "symbolic link",
        FileKind.Fifo => "FIFO",
        FileKind.Socket => "socket",
        FileKind.CharacterDevice or FileKind.BlockDevice => "device",
        _ => "special file",
    };
}
