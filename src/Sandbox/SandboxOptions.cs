using System.Net;

namespace Sandbox;

/// <summary>What the host decides for all its jobs.</summary>
public sealed record SandboxOptions
{
    /// <summary>First host uid (and gid) given to jobs when the host runs as real root; real root itself never enters a job. Default 1879048192.</summary>
    public uint RootUidRangeStart { get; init; } = 0x7000_0000;

    /// <summary>How many ids follow <see cref="RootUidRangeStart"/>, which are leased to jobs one each. Default 65536.</summary>
    public uint RootUidRangeLength { get; init; } = 65536;

    /// <summary>
    /// Control group directories in which jobs get theirs, parted by colons: one of version 2, or those of version 1 hierarchies. <c>none</c> for no
    /// control groups. Null (the default): the environment variable SANDBOX_CGROUP, and without it the best this host permits, found by looking.
    /// </summary>
    public string? Cgroup { get; init; }

    /// <summary>
    /// Processors, in the kernel's list format such as <c>2-7</c> (cpuset(7)), whose whole cores are leased to jobs one after the other, as many to
    /// each as its <c>limits.cpus</c> rounded up, so that jobs do not disturb each other's timings; a job waits for a free core. Null (the default): none.
    /// </summary>
    public string? LeasedCpus { get; init; }

    /// <summary>
    /// Directory of the store that jobs take images, and files by their SHA-256, from; only its owner may be able to write to it. Null (the default): the environment
    /// variable SANDBOX_STORE, else <c>/var/lib/sandbox</c> for root, <c>$XDG_DATA_HOME/sandbox</c> or <c>$HOME/.local/share/sandbox</c> for others.
    /// </summary>
    public string? Store { get; init; }

    /// <summary>
    /// Absolute paths of directories and sockets that no job gets to reach, whatever it binds, next to those of the job hosts of the same user, which are found by
    /// themselves. Below a read-only bind they are empty; a bind of them, and a writable one of a directory above, is an invalid job. Default none.
    /// </summary>
    public IReadOnlyList<string> Hidden { get; init; } = [];

    /// <summary>Path of an installed launcher to use instead of the embedded one (AppArmor attaches profiles by path). Default null.</summary>
    public string? LauncherPath { get; init; }

    /// <summary>
    /// How many launcher processes start jobs, 1 to 16. Each prepares sandboxes for itself; a job goes to the one that has fewest, the first of them where several do. One
    /// that is killed takes the jobs along that it runs, and no others. Default 1.
    /// </summary>
    public int Launchers { get; init; } = 1;

    /// <summary>
    /// Hears what happens to every job of the runner, in order: of one job as <see cref="JobEventKind"/> lists it, of several as it happened. Called on a thread of the
    /// pool, once at a time: however long it takes, no job waits for it and no event is left out. What it throws is heard as of a task
    /// that nobody awaits (<see cref="TaskScheduler.UnobservedTaskException"/>). Null (the default): nobody.
    /// </summary>
    public Action<JobEvent>? OnEvent { get; init; }

    // Tests have names of their own; the host's resolver finds those of everybody else.
    internal Func<string, CancellationToken, Task<IPAddress[]>>? Resolver { get; init; }

    // And servers of their own on the loopback, in the place of those of the internet: asked last, for an address that was allowed.
    internal Func<IPEndPoint, IPEndPoint>? Redial { get; init; }

    // What of netfilter a kernel cannot do, tests try with messages that none understands.
    internal Func<byte[], byte[]>? AlterRules { get; init; }

    // Tried on any kernel by tests; what the kernel at hand can do decides otherwise.
    internal bool UppersOnDisk { get; init; }
}
