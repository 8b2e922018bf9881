using System.Globalization;
using Sandbox.Interop;
using Sandbox.Planning.Steps;

namespace Sandbox.Planning;

/// <summary>The limits the kernel holds on each process: one step for every row of <see cref="RlimitTable"/>.</summary>
/// <remarks>
/// None of them follows from the limit on memory. RLIMIT_DATA and RLIMIT_AS count what is reserved, and many programs reserve far more
/// than they use (sanitizers, Java, SBCL, stacks of threads): neither can stand in for a limit on what is touched.
/// </remarks>
internal sealed class LimitSteps(JobSpec job, HostRlimits host, CgroupPlacement cgroup)
{
    private readonly ResourceLimits _limits = job.Limits;

    // fork(2) asks the rlimit first: were it as low as pids.max, the group would never see what it refuses.
    private const int TasksToSpare = 8;

    public void AddTo(List<PlanStep> steps)
    {
        foreach (var row in RlimitTable.Rows)
        {
            steps.Add(new RlimitStep(row.Resource, Hard(row), row.Origin) { Soft = Soft(row) });
        }
    }

    // No limit is more than the host's (setrlimit(2): raising the hard one needs CAP_SYS_RESOURCE), nor than the sandbox's own.
    private ulong Hard(RlimitRow row)
    {
        var most = Most(row);
        return RangeOf(row)?.Hard is { } asked ? Math.Min((ulong)asked, most) : most;
    }

    private ulong Most(RlimitRow row)
    {
        if (row.Value(_limits) is not { } wanted)
        {
            return host[row.Resource];
        }

        var spare = row.Resource == Rlimit.Nproc && cgroup.HoldsProcesses ? TasksToSpare : 0;
        return Math.Min((ulong)(wanted + spare), host[row.Resource]);
    }

    // A program that asks for no stack has the caller's, and may raise it as the caller's programs may.
    private ulong Soft(RlimitRow row)
    {
        var hard = Hard(row);
        return RangeOf(row)?.Soft is { } asked ? Math.Min((ulong)asked, hard)
            : row.Resource == Rlimit.Stack && _limits.StackBytes is null ? Math.Min(host.SoftStack, hard)
            : hard;
    }

    private RlimitRange? RangeOf(RlimitRow row) =>
        job.Rlimits.Count == 0 ? null : job.Rlimits.GetValueOrDefault(row.Resource.ToString().ToLowerInvariant());
}

/// <summary>
/// Settings of the job's own namespaces: what makes namespaces, and what takes kernel memory that no
/// process is charged for. Each costs a look-up in a new procfs, so only what no other limit holds is here.
/// </summary>
internal static class SysctlSteps
{
    private static readonly (string Setting, string Value)[] s_settings =
    [
        // One, for the payload itself. Seccomp denies the rest first; this is the second means. Namespaces
        // of the other kinds need a capability, and only a further user namespace would give one.
        ("user/max_user_namespaces", "1"),

        // The caller's own quota, often 128, would otherwise be used up for all its programs (inotify(7)).
        ("user/max_inotify_instances", "16"),
        ("user/max_inotify_watches", "8192"),

        // 64 queues of the default 16 KiB (msgget(2)); RLIMIT_MSGQUEUE holds the POSIX ones.
        ("kernel/msgmni", "64"),

        // SEMMSL SEMMNS SEMOPM SEMMNI (semget(2)); POSIX semaphores are files in /dev/shm.
        ("kernel/sem", "250 4096 32 64"),
    ];

    /// <summary>Adds those that are the same for every job.</summary>
    /// <param name="table">What is mounted for the job, procfs among it.</param>
    /// <param name="hasOwnIpc">The IPC namespace is the job's own; in another's, that job's settings hold, and nobody else may change them.</param>
    public static void AddCommonTo(MountTable table, bool hasOwnIpc)
    {
        foreach (var (setting, value) in s_settings)
        {
            if (hasOwnIpc || !setting.StartsWith("kernel/", StringComparison.Ordinal))
            {
                table.AddPlain(new CommonSysctlStep(setting, value, ""));
            }
        }
    }

    /// <summary>Adds what a limit of the job decides.</summary>
    /// <param name="steps">The steps.</param>
    /// <param name="limits">The job's limits.</param>
    /// <param name="pageBytes">Bytes of a page.</param>
    /// <param name="hasOwnIpc">As for <see cref="AddCommonTo"/>.</param>
    public static void AddTo(List<PlanStep> steps, ResourceLimits limits, int pageBytes, bool hasOwnIpc)
    {
        if (limits.MemoryBytes is not { } memory || !hasOwnIpc)
        {
            return;
        }

        // All segments together: one that nobody has attached is in no process's memory (shmget(2)).
        var pages = Math.Max(1, memory / pageBytes);
        steps.Add(new SysctlStep("kernel/shmall", pages.ToString(CultureInfo.InvariantCulture), "/limits/memory"));
    }
}
