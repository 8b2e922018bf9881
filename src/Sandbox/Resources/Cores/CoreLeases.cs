using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Cores;

// A leased core is an exclusive flock(2) on a file that the kernel itself keeps for that core in sysfs. Every process of
// every user can open it for reading and locks the same inode, so there is no directory to create, to own or to clean up; the
// kernel gives the lock up with the last descriptor, however its holder dies.
//
// What this does not do:
// - It is advisory: it keeps jobs of sandboxes off each other, not other programs off the cores.
// - Any local user can take such a lock and keep jobs waiting. Hosts that share a machine with users they do not trust
//   give each its own CPUs (cpuset cgroup) instead.
// - A sysfs mounted in another network namespace is another superblock with other inodes (sysfs(5) shows each network
//   namespace its own devices): containers with a network of their own do not see the host's leases, nor each other's.
// - A CPU that goes offline and comes back has a new file; a lease from before is not seen on it.
// - The .NET runtime locks what it opens: File.ReadAllText of such a file fails in other programs while the core is leased.
// - Docker's default AppArmor profile denies locks below /sys ("deny /sys/[^f]*/** wklx"): a lease is refused there.

/// <summary>Leases whole cores to jobs, so that the timings of neighbours do not disturb each other.</summary>
internal sealed class CoreLeases
{
    // flock(2) can wait for a lock, but neither for any N of M, nor until a token is cancelled: a signal would be the only
    // way out. So whoever is at the front of the line tries, and tries again after a nap. A core that this process returns
    // ends the nap; only cores of other processes are found late, by a nap at most. The naps grow to a bound that is small
    // beside a job, and cost a few microseconds per core each.
    private static readonly TimeSpan s_shortestNap = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_maxNap = TimeSpan.FromMilliseconds(20);

    private readonly WaitingLine _line = new();
    private readonly Core[] _cores;
    private readonly CpuSet _pool;
    private readonly string _root;

    /// <summary>Leases the cores of a pool.</summary>
    /// <param name="pool">The CPUs to lease; of a core that is only partly in it, that part is leased.</param>
    /// <param name="topology">The host's CPUs.</param>
    /// <param name="root">What the sysfs with the cores' files is below; tests bring their own.</param>
    /// <exception cref="SandboxException">A CPU of the pool is not there, or not for this process.</exception>
    public CoreLeases(CpuSet pool, CpuTopology topology, string root = "/")
    {
        if (topology.Problem(pool) is { } problem)
        {
            throw Failure($"cannot lease cores of the pool {pool}: {problem}");
        }

        _pool = pool;
        _root = root;
        _cores = [.. topology.Cores.Select(core => core with { Cpus = core.Cpus.Intersect(pool) }).Where(core => !core.Cpus.IsEmpty)];
    }

    /// <summary>Waits until this many cores are free at once, and leases them; first come, first served within this process.</summary>
    /// <remarks>
    /// Whoever waits holds no core: it takes all it needs or lets go of all it took, so nobody waits for each other. Between
    /// processes there is no order; one that asks for many cores may wait long while others keep asking for few.
    /// </remarks>
    /// <exception cref="SandboxException">The pool has not that many cores, or they cannot be locked on this host.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled while it waited; nothing is leased.</exception>
    public CoreLease Take(int cores, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cores);
        if (cores > _cores.Length)
        {
            throw Failure($"the job asks for {Words(cores)}, the pool {_pool} has {_cores.Length}");
        }

        using var place = _line.Enter(cancellationToken);
        var nap = s_shortestNap;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            // Before the attempt, so that a core returned during it is not overlooked.
            place.Listen();
            if (TryTake(cores) is { } lease)
            {
                return lease;
            }

            nap = place.Nap(Jittered(nap), cancellationToken) ? s_shortestNap : Longer(nap);
        }
    }

    private static TimeSpan Longer(TimeSpan nap) => nap * 2 < s_maxNap ? nap * 2 : s_maxNap;

    // Two processes that need the same cores and tried at the same time must not try at the same time again.
    private static TimeSpan Jittered(TimeSpan nap) => nap * (0.5 + (Random.Shared.NextDouble() / 2));

    private CoreLease? TryTake(int cores)
    {
        var taken = new List<Core>(cores);
        var locks = new List<SafeFileHandle>(cores);
        var complete = false;
        try
        {
            // Everybody goes through the cores in the same order and stops once it cannot succeed any more: of several
            // who need the same cores, the first one hardly ever meets locks that another is about to let go of.
            for (var index = 0; taken.Count < cores && _cores.Length - index >= cores - taken.Count; index++)
            {
                if (TryLock(_cores[index]) is not { } file)
                {
                    continue;
                }

                taken.Add(_cores[index]);
                locks.Add(file);
            }

            complete = taken.Count == cores;
            return complete ? new CoreLease(taken, [.. locks], _line.WakeFront) : null;
        }
        finally
        {
            if (!complete)
            {
                CoreLease.Release(locks);
            }
        }
    }

    // One file only, without a second choice: two processes that chose differently would not see each other's locks. A
    // host without it cannot tell jobs apart, and is refused.
    private SafeFileHandle? TryLock(Core core)
    {
        var path = Path.Join(_root, CpuTopology.CoreFile(core.First));
        var error = Libc.OpenForReading(Encoding.UTF8.GetBytes(path + '\0'), out var file);
        if (error == 0)
        {
            error = Libc.TryLock(file);
        }

        if (error == 0)
        {
            return file;
        }

        file.Dispose();
        return error == -Errno.EAGAIN ? null : throw new SandboxException($"core {core.First} cannot be locked, so it cannot be leased")
        {
            Operation = Operation.LeaseCores,
            Path = path,
            Errno = Errno.Name(-error),
        };
    }

    private static SandboxException Failure(string message) => new(message) { Operation = Operation.LeaseCores };

    private static string Words(int cores) => cores == 1 ? "1 core" : $"{cores} cores";
}

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
        {
            return;
        }

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
