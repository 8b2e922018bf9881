using Sandbox.Resources.Cores;
using Sandbox.Resources.Limits.Cgroups;

namespace Sandbox.Resources.Limits;

// Says for every limit which mechanism holds it, and refuses jobs that require a limit to be held by the kernel
// where only the sandbox's own watching holds it. The one place that knows who holds what.

/// <summary>The <c>enforcement</c> of a result, and the check of <c>require</c>.</summary>
internal static class EnforcementReport
{
    private const string NoCgroup = "needs a control group, and this host gives the job none for it";

    /// <summary>One entry for every control asked for, by its JSON name.</summary>
    public static IReadOnlyDictionary<string, Enforcement> Build(ResourceLimits requested, EnforcementFacts facts)
    {
        var effective = facts.Ceilings.Clamp(requested);
        var group = facts.Cgroup;
        var report = new Dictionary<string, Enforcement>(16);
        AddIfAsked(report, "cpuTime", Seconds(requested.CpuTime), group.CpuTimeBy ?? (facts.PerfAvailable ? "perf" : "watchdog"), CpuNote(facts));
        Add(report, "wallTime", Seconds(requested.WallTime), Seconds(requested.WallTime), "timer", null);
        AddIfAsked(report, "idleTime", Seconds(requested.IdleTime), "watchdog", "progress is more than 2 ms of CPU time of the tree plus 0.1 % of the time waited");
        AddMemory(report, requested, facts);
        AddProcesses(report, requested.Processes, effective.Processes, facts);
        Add(report, "output", requested.OutputBytes, requested.OutputBytes, "pipe", null);
        Add(report, "fileSize", requested.FileSizeBytes, effective.FileSizeBytes, "rlimit", Clamped(requested.FileSizeBytes, effective.FileSizeBytes));
        Add(report, "openFiles", requested.OpenFiles, effective.OpenFiles, "rlimit", Clamped(requested.OpenFiles, effective.OpenFiles));
        AddIfAsked(report, "stack", requested.StackBytes, "rlimit", Clamped(requested.StackBytes, effective.StackBytes), effective.StackBytes);
        Add(report, "disk", requested.DiskBytes, requested.DiskBytes, "tmpfs", null);
        AddControls(report, requested, facts);
        return report;
    }

    /// <summary>Throws for the first limit in <paramref name="require"/> that the kernel does not hold as asked.</summary>
    /// <exception cref="SandboxException">A required limit is lifted, clamped, or held by the watchdog only.</exception>
    public static void Check(IReadOnlyList<string> require, IReadOnlyDictionary<string, Enforcement> report, CgroupHolds group)
    {
        for (var i = 0; i < require.Count; i++)
        {
            if ((Weakness(require[i], report) ?? (require[i] == "memory" ? group.MemoryWeakness : null)) is not { } weakness)
                continue;

            throw new SandboxException($"required limit {require[i]}: {weakness}")
            {
                Phase = "prepare",
                Step = $"hold {require[i]} by the kernel",
                Pointer = $"/require/{i}",
                Hint = Hint(require[i], report.TryGetValue(require[i], out var entry) ? entry.By : "none"),
            };
        }
    }

    private static void AddMemory(Dictionary<string, Enforcement> report, ResourceLimits requested, EnforcementFacts facts)
    {
        if (facts.Cgroup.MemoryBy is not { } by)
        {
            Add(report, "memory", requested.MemoryBytes, requested.MemoryBytes, "watchdog", MemoryNote(facts));
            return;
        }

        var note = facts.Cgroup.MemoryWeakness ?? Above(requested.MemoryBytes, facts.Cgroup.MemoryBytes);
        Add(report, "memory", requested.MemoryBytes, facts.Cgroup.MemoryBytes, by, note);
    }

    private static void AddProcesses(Dictionary<string, Enforcement> report, int? requested, int? ceiling, EnforcementFacts facts)
    {
        var group = facts.Cgroup;
        if (group.TasksBy is not { } by)
        {
            Add(report, "processes", requested, ceiling, "rlimit", facts.ChangesIds ? ForEachId : Clamped(requested, ceiling));
            return;
        }

        // The hard rlimit of the account counts too, if it is lower.
        var isClamped = ceiling < group.Tasks;
        Add(report, "processes", requested, isClamped ? ceiling : group.Tasks, isClamped ? "rlimit" : by,
            isClamped ? Clamped(requested, ceiling) : requested == group.Tasks || requested > TasksGroup.MostTasks ? null : OuterLimit);
    }

    // None of these has a stand-in but the processors: a job that asks for what nothing holds does not start (CgroupNeeds).
    private static void AddControls(Dictionary<string, Enforcement> report, ResourceLimits requested, EnforcementFacts facts)
    {
        var group = facts.Cgroup;
        AddIfAsked(report, "cpus", requested.Cpus, group.BandwidthBy ?? "none", IsOneQuantum(requested.Cpus, group.Cpus) ? null : OuterLimit, group.Cpus);
        AddIfAsked(report, "memoryHigh", requested.MemoryHighBytes, group.MemoryBy ?? "none", null, group.MemoryHighBytes);
        AddIfAsked(report, "ioRead", requested.IoReadBytes, group.IoBy ?? "none", "on each block device", group.IoReadBytes);
        AddIfAsked(report, "ioWrite", requested.IoWriteBytes, group.IoBy ?? "none", "on each block device", group.IoWriteBytes);
        if (facts.Cpus is { } cpus)
        {
            var held = group.CpusetBy is null ? cpus : group.Cpuset ?? cpus;
            Add(report, "cpuset", cpus.Count, held.Count, group.CpusetBy ?? "affinity", CpusetNote(cpus, held, group.CpusetBy));
        }
    }

    private static string CpusetNote(CpuSet asked, CpuSet held, string? by)
    {
        var numbers = held.Equals(asked) ? $"processors {held}" : $"processors {held} of {asked}";
        return by is null ? numbers + "; sched_setaffinity(2) of the job can widen it where its policy allows the call" : numbers;
    }

    private static string? Above(long? requested, long? effective) => requested == effective || effective is null ? null
        : IsRounded(requested, effective) ? "rounded down to whole pages" : OuterLimit;

    // A quota is whole microseconds of a tenth of a second.
    private static bool IsOneQuantum(double? requested, double? effective) => Math.Abs((requested - effective) ?? 0) < 2e-5;

    private static bool IsRounded(double? requested, double? effective) =>
        requested - effective is { } lost && lost >= 0 && lost < Environment.SystemPageSize;

    private const string OuterLimit = "a control group above the job's allows no more";

    private static string MemoryNote(EnforcementFacts facts) => (facts.SocketsSeen
        ? "sampled: anonymous and shared memory, tmpfs, memfds, SysV segments, page tables and socket buffers" + MemoryUnseen + "pipe buffers; "
        : "sampled: anonymous and shared memory, tmpfs, memfds, SysV segments and page tables" + MemoryUnseen + "pipe and socket buffers; ")
        + MemoryUncounted + SharingNote(facts.Sharing);

    private const string MemoryUnseen =
        "; not seen: peaks between two looks, shared memory that no process maps or holds open, descriptors in flight, ";

    private const string MemoryUncounted = "pages of mapped files are reclaimable and not counted; ";

    private static string SharingNote(SharingMeans means) => means switch
    {
        SharingMeans.Kcmp => "processes with one memory (vfork) count once, as kcmp(2) tells",
        SharingMeans.CoredumpFilter => "processes with one memory (vfork) count once, as their coredump_filter tells: kcmp(2) is not to be had",
        _ => "processes with one memory (vfork) count each: neither kcmp(2) nor coredump_filter is to be had",
    };

    private static string? CpuNote(EnforcementFacts facts) => facts.Cgroup.CpuTimeBy is not null
        ? null
        : facts.PerfAvailable
        ? "inherited task clock, /proc and rusage: the largest counts"
        : "/proc and rusage; not seen: children that ended under a parent that ignores SIGCHLD" + Churn(facts.UnseenTasks);

    private static string Churn(int tasks) => tasks == 0 ? "" : $"; about {tasks} tasks came and went between two looks";

    private static string? Weakness(string name, IReadOnlyDictionary<string, Enforcement> report)
    {
        if (!report.TryGetValue(name, out var entry) || entry.Requested is null)
            return "the job sets no such limit";
        if (name is "memory" or "cpuTime" && entry.By is not ("cgroup1" or "cgroup2"))
            return NoCgroup;
        if (entry.By is "watchdog")
            return "is held by the watchdog, not by the kernel";
        if (entry.Note == ForEachId)
            return "is held " + ForEachId;
        if (entry.By is "affinity")
            return "is held by the processes' affinity only, which they may change";
        if (entry.Effective is not { } effective)
            return "could not be read back from the kernel";

        var isExact = name switch
        {
            "memory" => IsRounded(entry.Requested, effective),
            "cpus" => IsOneQuantum(entry.Requested, effective),
            _ => effective >= entry.Requested,
        };
        if (!isExact && effective < entry.Requested)
            return $"{(entry.By == "rlimit" ? "the host's hard limit" : "a control group above the job's")} allows {effective:0.##}, the job asks for {entry.Requested:0.##}";

        return null;
    }

    private static string Hint(string name, string by) => by == "rlimit"
        ? $"take \"{name}\" out of require, or raise the hard limit of the account that starts jobs (limits.conf(5))"
        : by == "none" || name == "idleTime" ? $"take \"{name}\" out of require"
        : $"\"sandbox doctor\" says how to get a control group that holds it; or take \"{name}\" out of require to accept what the result's enforcement describes";

    // RLIMIT_NPROC counts the tasks of a user (getrlimit(2)); that of the user namespace counts one of ours too (limit_all_ids, init.c).
    private const string ForEachId = "for each of the job's ids, and with one more for all of them together";

    private static string? Clamped(long? requested, long? effective) =>
        requested == effective ? null : "clamped to the host's hard limit";

    private static double? Seconds(TimeSpan? time) => time?.TotalSeconds;

    private static void AddIfAsked(
        Dictionary<string, Enforcement> report, string name, double? requested, string by, string? note, double? effective = null)
    {
        if (requested is not null)
            Add(report, name, requested, effective ?? requested, by, note);
    }

    private static void Add(
        Dictionary<string, Enforcement> report, string name, double? requested, double? effective, string by, string? note) =>
        report.Add(name, new()
        {
            Requested = requested,
            Effective = effective,
            By = requested is null ? "none" : by,
            Note = requested is null ? null : note,
        });
}
