using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

/// <summary>Notices that a writable tmpfs of the job was full when somebody looked.</summary>
internal sealed class DiskWatch(IReadOnlyList<SafeFileHandle> folders)
{
    /// <summary>One was, in bytes or inodes.</summary>
    public bool WasFull { get; private set; }

    /// <summary>Looks.</summary>
    public void Look()
    {
        foreach (var folder in folders)
            WasFull |= Libc.FileSystem(folder, out var usage) == 0 && usage.IsFull;
    }
}
