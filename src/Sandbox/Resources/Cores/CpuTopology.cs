using Sandbox.Host;
using Sandbox.Interop;

namespace Sandbox.Resources.Cores;

// Which CPUs there are, which of them this process may use, and which are hardware threads of one core. Two threads of a
// core share its execution units and first caches, so a job that must not be disturbed needs all of them.

/// <summary>The host's CPUs as this process may use them, grouped into cores.</summary>
internal sealed class CpuTopology
{
    /// <summary>Where the kernel describes the CPUs (Documentation/ABI/testing/sysfs-devices-system-cpu).</summary>
    public const string Directory = "/sys/devices/system/cpu";

    private CpuTopology(CpuSet online, CpuSet usable, IReadOnlyList<Core> cores) => (Online, Usable, Cores) = (online, usable, [.. cores]);

    /// <summary>The CPUs that are switched on; those usable where the kernel does not tell.</summary>
    public CpuSet Online { get; }

    /// <summary>The CPUs that this process may use.</summary>
    public CpuSet Usable { get; }

    /// <summary>The cores of the usable CPUs, by their lowest number.</summary>
    public IReadOnlyList<Core> Cores { get; }

    /// <summary>The CPUs of this host for this process, as of now.</summary>
    /// <exception cref="SandboxException">The kernel does not say which CPUs this process may use.</exception>
    public static CpuTopology OfThisProcess()
    {
        var error = Libc.Affinity(out var mask);
        if (error < 0)
        {
            throw new SandboxException("cannot find out which CPUs this process may use") { Operation = Operation.ReadTopology, Errno = Errno.Name(-error) };
        }

        return Read(new HostFiles(), CpuSet.FromMask(mask));
    }

    /// <summary>The CPUs of a host for a process with this affinity mask.</summary>
    /// <param name="files">Where sysfs is; every CPU is a core of its own where there is none.</param>
    /// <param name="usable">
    /// What sched_getaffinity(2) says. It leaves out what is offline and what the cpuset cgroup forbids, so it alone
    /// decides: the file <c>online</c> may be a container's fake (lxcfs) that counts CPUs instead of naming them.
    /// </param>
    public static CpuTopology Read(HostFiles files, CpuSet usable)
    {
        // Every CPU is asked for its core: one that cannot answer may be named by its sibling, and is then one core with it.
        var cores = usable.Numbers
            .GroupBy(number => Threads(files, number).Numbers.First())
            .Select(core => new Core { First = core.Key, Cpus = CpuSet.Of([.. core]) })
            .OrderBy(core => core.First);
        var online = List(files, $"{Directory}/online");
        return new(online.IsEmpty ? usable : online, usable, [.. cores]);
    }

    /// <summary>
    /// The file that stands for a core, by its lowest CPU: the list of its hardware threads (Linux 5.3, formerly
    /// <c>thread_siblings_list</c>).
    /// </summary>
    public static string CoreFile(int first) => $"{Directory}/cpu{first}/topology/core_cpus_list";

    /// <summary>Why these CPUs cannot all be used, for the user who named them; null if they can.</summary>
    public string? Problem(CpuSet wanted)
    {
        var offline = wanted.Except(Usable).Except(Online);
        if (!offline.IsEmpty)
        {
            return $"{Words(offline)} not online; online are {Online}";
        }

        var forbidden = wanted.Except(Usable);
        return forbidden.IsEmpty ? null : $"{Words(forbidden)} not allowed to this process, which may use {Usable} (taskset, cpuset cgroup)";
    }

    private static string Words(CpuSet cpus) => cpus.Count == 1 ? $"CPU {cpus} is" : $"CPUs {cpus} are";

    // A list without the CPU itself is not a topology; a simulated or masked sysfs may show one.
    private static CpuSet Threads(HostFiles files, int number)
    {
        var threads = List(files, CoreFile(number));
        return threads.Contains(number) ? threads : CpuSet.Of(number);
    }

    private static CpuSet List(HostFiles files, string path) =>
        CpuSet.TryParse(files.Text(path).Trim(), out var set, out _) ? set : CpuSet.Empty;
}

/// <summary>A physical core as far as this process may use it.</summary>
internal sealed record Core
{
    /// <summary>
    /// The lowest CPU number of the whole core, usable or not: the name of the core that every process agrees on, whatever
    /// part of it each may use.
    /// </summary>
    public required int First { get; init; }

    /// <summary>
    /// Its hardware threads that this process may use. Usually all; who keeps siblings idle on purpose allows one of each
    /// core, and that is a core too.
    /// </summary>
    public required CpuSet Cpus { get; init; }
}
