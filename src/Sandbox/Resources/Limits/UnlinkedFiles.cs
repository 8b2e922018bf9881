using System.Globalization;
using System.Text;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

/// <summary>Files without a name that the job's processes hold open, other than those in memory, which are counted there.</summary>
internal sealed class UnlinkedFiles(TreeHandles handles)
{
    private const int MaxDescriptors = 50_000;

    private readonly DirectoryReader _processes = new(4096);
    private readonly DirectoryReader _descriptors = new(4096);
    private readonly HashSet<(ulong Device, ulong Inode)> _seen = [];
    private readonly HashSet<ulong> _inMemory = [];

    /// <summary>Looks at every descriptor once; their bytes.</summary>
    public long Count()
    {
        _seen.Clear();
        NameMemory();
        var (bytes, budget) = (0L, MaxDescriptors);
        if (Libc.OpenAt(handles.ProcFs, ".\0"u8, OpenFlags.ReadOnly | OpenFlags.Directory, out var processes) < 0)
        {
            return 0;
        }

        using var list = processes;
        _processes.Attach(processes);
        while (budget > 0 && _processes.Next(out var name))
        {
            if (!int.TryParse(name, CultureInfo.InvariantCulture, out var pid))
            {
                continue;
            }

            if (Libc.OpenAt(handles.ProcFs, Encoding.UTF8.GetBytes($"{pid}/fd\0"), OpenFlags.ReadOnly | OpenFlags.Directory, out var directory) < 0)
            {
                continue;
            }

            using (directory)
            {
                _descriptors.Attach(directory);
                while (budget-- > 0 && _descriptors.Next(out var number))
                {
                    bytes += Bytes(Libc.StatusAt(directory, [.. number, 0], out var status), status);
                }
            }
        }

        return bytes;
    }

    // An overlay gives its files a device without a driver, as tmpfs has one (overlayfs, "Overlay objects"): those on a real device are in a bind.
    private long Bytes(int error, FileStatus status) =>
        error == 0 && status is { LinkCount: 0, Kind: FileKind.Regular } && status.Device >> 32 == 0 &&
        !_inMemory.Contains(status.Device) && _seen.Add((status.Device, status.Inode)) ? status.AllocatedBytes : 0;

    private void NameMemory()
    {
        if (_inMemory.Count > 0)
        {
            return;
        }

        foreach (var directory in handles.Tmpfs)
        {
            if (Libc.Status(directory, out var status) == 0)
            {
                _inMemory.Add(status.Device);
            }
        }

        if (Libc.CreateMemoryFile("sandbox\0"u8, out var file) < 0)
        {
            return;
        }

        using (file)
        {
            if (Libc.Status(file, out var status) == 0)
            {
                _inMemory.Add(status.Device);
            }
        }
    }
}
