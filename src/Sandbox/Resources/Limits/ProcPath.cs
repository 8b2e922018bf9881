using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

/// <summary>Opens files of one process in a procfs without allocating their paths.</summary>
internal static class ProcPath
{
    /// <summary>Opens <c>PID/name</c>; 0 or the negated errno.</summary>
    public static int Open(SafeFileHandle procFs, int pid, ReadOnlySpan<byte> name, int flags, out SafeFileHandle file)
    {
        Span<byte> path = stackalloc byte[48];
        Utf8Formatter.TryFormat(pid, path, out var length);
        path[length++] = (byte)'/';
        name.CopyTo(path[length..]);
        path[length + name.Length] = 0;
        return Libc.OpenAt(procFs, path, flags, out file);
    }
}
