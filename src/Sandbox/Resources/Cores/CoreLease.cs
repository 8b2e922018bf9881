using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Cores;

/// <summary>Whole cores that nobody else who leases has, until it is disposed of or this process ends.</summary>
internal sealed class CoreLease : IDisposable
{
    private readonly Action _returned;
    private SafeFileHandle[]? _locks;

    /// <summary>Takes over the locks of these cores.</summary>
    /// <param name="cores">What is leased.</param>
    /// <param name="locks">One locked file for each.</param>
    /// <param name="returned">Called once, after the locks are given up.</param>
    public CoreLease(IEnumerable<Core> cores, SafeFileHandle[] locks, Action returned)
    {
        Cpus = cores.Aggregate(CpuSet.Empty, static (cpus, core) => cpus.Union(core.Cpus));
        _locks = locks;
        _returned = returned;
    }

    /// <summary>The hardware threads of the leased cores.</summary>
    public CpuSet Cpus { get; }

    /// <summary>Gives the cores back; nothing of the job may run on them any more.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _locks, null) is not { } locks)
            return;
        Release(locks);
        _returned();
    }

    /// <summary>Gives up locks and closes their files.</summary>
    public static void Release(IEnumerable<SafeFileHandle> locks)
    {
        foreach (var file in locks)
        {
            _ = Libc.Unlock(file);
            file.Dispose();
        }
    }
}
