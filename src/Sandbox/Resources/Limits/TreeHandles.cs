using Microsoft.Win32.SafeHandles;

namespace Sandbox.Resources.Limits;

/// <summary>The descriptors through which a job's tree is watched; they stay the caller's.</summary>
internal sealed record TreeHandles
{
    /// <summary>The root of the job's own procfs: pids as the job sees them, 1 is the sandbox's init.</summary>
    public required SafeFileHandle ProcFs { get; init; }

    /// <summary>Task clock inherited by the whole tree (perf_event_open(2)); null where it is not allowed.</summary>
    public SafeFileHandle? Perf { get; init; }

    /// <summary><c>/proc/sysvipc/shm</c> opened inside the job's ipc namespace: it shows the opener's namespace to any reader; null if not there.</summary>
    public SafeFileHandle? SysvShm { get; init; }

    /// <summary>A NETLINK_SOCK_DIAG socket made inside the job's network namespace, for which it answers (sock_diag(7)); null if there is none.</summary>
    public SafeFileHandle? Sockets { get; init; }

    /// <summary>A folder of each writable tmpfs of the job.</summary>
    public IReadOnlyList<SafeFileHandle> Tmpfs { get; init; } = [];

    /// <summary>The one of <see cref="Tmpfs"/> that is held to <c>limits.disk</c>; null if it is not known.</summary>
    public SafeFileHandle? Scratch { get; init; }

    /// <summary>What overlays keep on a disk; null if that is in <see cref="Scratch"/>.</summary>
    public UpperDisk? Uppers { get; init; }

    /// <summary>The number of the job's pid 1 as the host sees it; 0 if that is not known.</summary>
    public int Init { get; init; }

    /// <summary>Bytes that the sandbox itself has put into <see cref="Tmpfs"/>.</summary>
    public long PlacedBytes { get; init; }

    /// <summary>The inode of the sealed memfd that is the job's input; null if that is none.</summary>
    public ulong? Input { get; init; }

    /// <summary>Shared memory of the host before the job began; null if it was not read.</summary>
    public long? SharedMemoryBefore { get; init; }
}
