using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Execution;

/// <summary>A file being written on the host under a passing name, next to where it will be.</summary>
internal sealed class OutputDestination : IDisposable
{
    private const int Eexist = 17;

    private static long s_serial;

    private readonly string _path;
    private readonly string _pointer;
    private readonly byte[] _temporary;
    private readonly SafeFileHandle _file;
    private bool _isCommitted;

    private OutputDestination(string path, string pointer, byte[] temporary, SafeFileHandle file) =>
        (_path, _pointer, _temporary, _file) = (path, pointer, temporary, file);

    /// <summary>Creates the passing file, and its folder where that is missing.</summary>
    /// <exception cref="SandboxException">The host refuses.</exception>
    public static OutputDestination Create(string path, int mode, string pointer)
    {
        var folder = path[..(path.LastIndexOf('/') + 1)];
        MakeFolders(folder, pointer);
        while (true)
        {
            // Not made of the job's file name: that may already be as long as a name can be.
            var name = $"{folder}.sandbox-{Environment.ProcessId}-{Interlocked.Increment(ref s_serial)}.part";
            var temporary = Bytes(name);
            var error = Libc.CreateNew(temporary, mode, out var file);
            if (error == 0)
                return new(path, pointer, temporary, file);
            if (error != -Eexist)
                throw Failure("create the output file", path, -error, pointer);
        }
    }

    /// <summary>Appends bytes.</summary>
    /// <exception cref="SandboxException">The host refuses, for instance for want of space.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (Libc.WriteAll(_file, bytes) is var error && error < 0)
            throw Failure("write the output file", _path, -error, _pointer);
    }

    /// <summary>Gives the file its name; one that was there before is replaced (rename(2)).</summary>
    /// <exception cref="SandboxException">The host refuses.</exception>
    public void Commit()
    {
        if (Libc.Rename(_temporary, Bytes(_path)) is var error && error < 0)
            throw Failure("rename the output file", _path, -error, _pointer);

        _isCommitted = true;
    }

    public void Dispose()
    {
        _file.Dispose();
        if (!_isCommitted)
            Libc.Unlink(_temporary);
    }

    private static void MakeFolders(string folder, string pointer)
    {
        for (var end = folder.IndexOf('/', 1); end > 0; end = folder.IndexOf('/', end + 1))
        {
            if (Libc.MakeDirectory(Bytes(folder[..end])) is var error && error is < 0 and not -Eexist && !Directory.Exists(folder[..end]))
                throw Failure("create the folder of the output file", folder[..end], -error, pointer);
        }
    }

    private static byte[] Bytes(string path) => Encoding.UTF8.GetBytes(path + '\0');

    private static SandboxException Failure(string step, string path, int errno, string pointer) =>
        new($"cannot {step} {path}: {Errno.Name(errno)}")
        {
            Phase = "collect",
            Step = step,
            Path = path,
            Errno = Errno.Name(errno),
            Pointer = pointer + "/to",
        };
}
