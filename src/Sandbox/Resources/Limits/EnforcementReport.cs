namespace Sandbox.Resources.Limits;

// Says for every limit which mechanism holds it, and refuses jobs that require a limit to be held by the kernel
// where only the sandbox's own watching holds it. The one place that knows who holds what.

/// <summary>The <c>enforcement</c> of a result, and the check of <c>require</c>.</summary>
internal static class EnforcementReport
{
    private const string NoCgroup = "needs a cgroup, and this version holds it without one";

    /// <summary>One entry for every control asked for, by its JSON name.</summary>
    public static IReadOnlyDictionary<string, Enforcement> Build(ResourceLimits requested, EnforcementFacts facts)
    {
        var effective = facts.Ceilings.Clamp(requested);
        var report = new Dictionary<string, Enforcement>(11);
        AddIfAsked(report, "cpuTime", Seconds(requested.CpuTime), facts.PerfAvailable ? "perf" : "watchdog", CpuNote(facts));
        Add(report, "wallTime", Seconds(requested.WallTime), Seconds(requested.WallTime), "timer", null);
        AddIfAsked(report, "idleTime", Seconds(requested.IdleTime), "watchdog", "progress is more than 2 ms of CPU time of the tree plus 0.1 % of the time waited");
        Add(report, "memory", requested.MemoryBytes, requested.MemoryBytes, "watchdog", MemoryNote(facts));
        Add(report, "processes", requested.Processes, effective.Processes, "rlimit", Clamped(requested.Processes, effective.Processes));
        Add(report, "output", requested.OutputBytes, requested.OutputBytes, "pipe", null);
        Add(report, "fileSize", requested.FileSizeBytes, effective.FileSizeBytes, "rlimit", Clamped(requested.FileSizeBytes, effective.FileSizeBytes));
        Add(report, "openFiles", requested.OpenFiles, effective.OpenFiles, "rlimit", Clamped(requested.OpenFiles, effective.OpenFiles));
        AddIfAsked(report, "stack", requested.StackBytes, "rlimit", Clamped(requested.StackBytes, effective.StackBytes), effective.StackBytes);
        Add(report, "disk", requested.DiskBytes, requested.DiskBytes, "tmpfs", null);
        return report;
    }

    /// <summary>Throws for the first limit in <paramref name="require"/> that the kernel does not hold as asked.</summary>
    /// <exception cref="SandboxException">A required limit is lifted, clamped, or held by the watchdog only.</exception>
    public static void Check(IReadOnlyList<string> require, IReadOnlyDictionary<string, Enforcement> report)
    {
        for (var i = 0; i < require.Count; i++)
        {
            if (Weakness(require[i], report) is not { } weakness)
                continue;

            throw new SandboxException($"required limit {require[i]}: {weakness}")
            {
                Phase = "prepare",
                Step = $"hold {require[i]} by the kernel",
                Pointer = $"/require/{i}",
                Hint = Hint(require[i]),
            };
        }
    }

    private static string MemoryNote(EnforcementFacts facts) => facts.SocketsSeen
        ? "sampled: anonymous and shared memory, tmpfs, memfds, SysV segments and socket buffers" + MemoryUnseen + "pipe buffers; " + MemoryUncounted
        : "sampled: anonymous and shared memory, tmpfs, memfds and SysV segments" + MemoryUnseen + "pipe and socket buffers; " + MemoryUncounted;

    private const string MemoryUnseen =
        "; not seen: peaks between two looks, shared memory that no process maps or holds open, descriptors in flight, ";

    private const string MemoryUncounted = "pages of mapped files are reclaimable and not counted";

    private static string CpuNote(EnforcementFacts facts) => facts.PerfAvailable
        ? "inherited task clock, /proc and rusage: the largest counts"
        : "/proc and rusage; not seen: children that ended under a parent that ignores SIGCHLD" + Churn(facts.UnseenTasks);

    private static string Churn(int tasks) => tasks == 0 ? "" : $"; about {tasks} tasks came and went between two looks";

    private static string? Weakness(string name, IReadOnlyDictionary<string, Enforcement> report)
    {
        if (!report.TryGetValue(name, out var entry) || entry.Requested is null)
            return "the job sets no such limit";
        if (name is "memory" or "cpuTime")
            return NoCgroup;
        if (entry.By == "watchdog")
            return "is held by the watchdog, not by the kernel";
        if (entry.Effective != entry.Requested)
            return $"the host's hard limit allows {entry.Effective:0}, the job asks for {entry.Requested:0}";

        return null;
    }

    private static string Hint(string name) => name is "memory" or "cpuTime"
        ? $"take \"{name}\" out of require to accept the watchdog, which the result's enforcement describes"
        : $"take \"{name}\" out of require, or raise the hard limit of the account that starts jobs (limits.conf(5))";

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
