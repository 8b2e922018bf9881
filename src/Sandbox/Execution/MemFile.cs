using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Execution;

/// <summary>Bytes handed to another process in memory, sealed: neither side can change them afterwards (memfd_create(2)).</summary>
internal static class MemFile
{
    /// <summary>A sealed file with <paramref name="bytes"/>, positioned at its start.</summary>
    public static SafeFileHandle Create(ReadOnlySpan<byte> name, ReadOnlySpan<byte> bytes, bool executable = false)
    {
        var error = Libc.CreateSealable(name, executable, out var file);
        if (error == 0)
        {
            error = Libc.WriteAll(file, bytes);
        }

        if (error == 0)
        {
            error = Libc.Seek(file, 0);
        }

        if (error == 0)
        {
            error = Libc.Seal(file);
        }

        if (error == 0)
        {
            return file;
        }

        file.Dispose();
        throw new SandboxException("cannot keep bytes in memory for the launcher")
        {
            Operation = executable ? Operation.KeepLauncher : Operation.KeepBytes,
            Errno = Errno.Name(-error),
        };
    }
}
