using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Resources.Limits.Cgroups;

namespace Sandbox.Resources.Limits;

/// <summary>The <c>enforcement</c> of a result: for every limit the mechanism that holds it. The one place that knows who holds what.</summary>
internal static class EnforcementReport
{
    /// <summary>One entry for every control asked for, by its JSON name.</summary>
    public static IReadOnlyDictionary<string, Enforcement> Build(ResourceLimits requested, EnforcementFacts facts)
    {
        var report = new Dictionary<string, Enforcement>(16);
        AddCpuTime(report, Seconds(requested.CpuTime), facts);
        Add(report, "wallTime", Seconds(requested.WallTime), Seconds(requested.WallTime), Mechanism.Timer, null);
        AddIfAsked(report, "idleTime", Seconds(requested.IdleTime), Mechanism.Watchdog, "progress is a byte on stdout or stderr, or more than 2 ms of CPU time of the tree plus 0.1 % of the time waited");
        AddMemory(report, requested, facts);
        AddProcesses(report, requested.Processes, facts);
        Add(report, "output", requested.OutputBytes, requested.OutputBytes, Mechanism.Pipe, null);
        AddRlimit(report, Rlimit.Fsize, requested, facts.Ceilings);
        AddRlimit(report, Rlimit.Nofile, requested, facts.Ceilings);
        if (requested.StackBytes is not null)
        {
            AddRlimit(report, Rlimit.Stack, requested, facts.Ceilings);
        }

        AddDisk(report, requested.DiskBytes, facts);
        AddIfInForce(report, Rlimit.As, requested, facts.Ceilings);
        AddIfInForce(report, Rlimit.Data, requested, facts.Ceilings);
        AddOtherRlimits(report, requested, facts.Ceilings);
        AddControls(report, requested, facts);
        if (facts.HasEgress)
        {
            Add(report, "connections", requested.Connections, requested.Connections, Mechanism.Pipe, null);
            AddIfAsked(report, "connectionsTotal", requested.ConnectionsTotal, Mechanism.Pipe, null);
            AddIfAsked(report, "traffic", requested.TrafficBytes, Mechanism.Pipe, null);
            AddIfAsked(report, "trafficRate", requested.TrafficRateBytes, Mechanism.Pipe, null);
        }

        return report;
    }

    private static void AddMemory(Dictionary<string, Enforcement> report, ResourceLimits requested, EnforcementFacts facts)
    {
        if (facts.Cgroup.MemoryBy is not { } by)
        {
            Add(report, "memory", requested.MemoryBytes, requested.MemoryBytes, Mechanism.Watchdog, MemoryNote(facts));
            return;
        }

        var note = facts.Cgroup.MemoryWeakness ?? Above(requested.MemoryBytes, facts.Cgroup.MemoryBytes);
        Add(report, "memory", requested.MemoryBytes, facts.Cgroup.MemoryBytes, by, note);
    }

    private static void AddDisk(Dictionary<string, Enforcement> report, long? requested, EnforcementFacts facts)
    {
        var pages = WholePages(requested);
        if (facts.UppersOnDisk is not null)
        {
            Add(report, "disk", requested, pages, Mechanism.Watchdog, OnDisk);
        }
        else
        {
            Add(report, "disk", requested, pages, Mechanism.Tmpfs, pages == requested ? null : "rounded up to whole pages");
        }
    }

    // The kernel holds each process to the caller's hard limit, the job asked or not; the tree is held to it where the job asked.
    private static void AddCpuTime(Dictionary<string, Enforcement> report, double? requested, EnforcementFacts facts)
    {
        var by = facts.Cgroup.CpuTimeBy ?? (facts.PerfAvailable ? Mechanism.Perf : Mechanism.Watchdog);
        if (facts.Ceilings.Most(Rlimit.Cpu) is not { } ceiling)
        {
            AddIfAsked(report, "cpuTime", requested, by, CpuNote(facts));
        }
        else if (requested is null)
        {
            AddInherited(report, "cpuTime", ceiling, Inherited + EachProcess);
        }
        else if (requested <= ceiling)
        {
            AddIfAsked(report, "cpuTime", requested, by, CpuNote(facts));
        }
        else
        {
            AddClamped(report, "cpuTime", requested, ceiling, by, ClampedByHost + EachProcess + (CpuNote(facts) is { } note ? "; " + note : ""));
        }
    }

    private static void AddProcesses(Dictionary<string, Enforcement> report, int? requested, EnforcementFacts facts)
    {
        var group = facts.Cgroup;
        var most = facts.Ceilings.Most(Rlimit.Nproc);

        // The hard rlimit of the account counts beside a group, if it is lower.
        if (group.TasksBy is { } by && requested is not null && !(most < group.Tasks))
        {
            Add(report, "processes", requested, group.Tasks, by, requested == group.Tasks || requested > TasksGroup.MaxTasks ? null : OuterLimit);
        }
        else if (group.TasksBy is null && facts.ChangesIds && requested is { } count)
        {
            Add(report, "processes", count, most < count ? most : count, Mechanism.Rlimit, RequireCheck.ForEachId);
            report["processes"] = report["processes"] with { IsForEachId = true };
        }
        else
        {
            AddRlimit(report, Rlimit.Nproc, new() { Processes = requested }, facts.Ceilings);
        }
    }

    private static void AddIfInForce(Dictionary<string, Enforcement> report, Rlimit resource, ResourceLimits requested, HostRlimits host)
    {
        if (RlimitTable.Of(resource).Value(requested) is not null || host.Most(resource) is not null)
        {
            AddRlimit(report, resource, requested, host);
        }
    }

    // Whatever row of the table sets a limit of the job is told, also one that nobody has named above.
    private static void AddOtherRlimits(Dictionary<string, Enforcement> report, ResourceLimits requested, HostRlimits host)
    {
        foreach (var row in RlimitTable.Rows)
        {
            if (row.Limit is { } name && row.Resource != Rlimit.Stack && !report.ContainsKey(name))
            {
                AddIfInForce(report, row.Resource, requested, host);
            }
        }
    }

    private static void AddRlimit(Dictionary<string, Enforcement> report, Rlimit resource, ResourceLimits requested, HostRlimits host)
    {
        var row = RlimitTable.Of(resource);
        var asked = row.Value(requested);
        var most = host.Most(resource);
        if (asked is null && most is { } inherited)
        {
            AddInherited(report, row.Limit!, inherited, Inherited);
        }
        else if (most < asked)
        {
            AddClamped(report, row.Limit!, asked, most, Mechanism.Rlimit, ClampedByHost);
        }
        else
        {
            Add(report, row.Limit!, asked, asked, Mechanism.Rlimit, null);
        }
    }

    private static void AddInherited(Dictionary<string, Enforcement> report, string name, double most, string note) =>
        report.Add(name, new() { Requested = null, Effective = most, By = Mechanism.Rlimit, Note = note });

    // None of these has a stand-in but the processors: a job that asks for what nothing holds does not start (CgroupNeeds).
    private static void AddControls(Dictionary<string, Enforcement> report, ResourceLimits requested, EnforcementFacts facts)
    {
        var group = facts.Cgroup;
        AddIfAsked(report, "cpus", requested.Cpus, group.BandwidthBy ?? Mechanism.None, RequireCheck.IsOneQuantum(requested.Cpus, group.Cpus) ? null : OuterLimit, group.Cpus);
        AddIfAsked(report, "cpuWeight", requested.CpuWeight, group.BandwidthBy ?? Mechanism.None, null, group.CpuWeight);
        AddIfAsked(report, "memoryHigh", requested.MemoryHighBytes, group.MemoryBy ?? Mechanism.None, null, group.MemoryHighBytes);
        AddIfAsked(report, "ioRead", requested.IoReadBytes, group.IoBy ?? Mechanism.None, "on each block device", group.IoReadBytes);
        AddIfAsked(report, "ioWrite", requested.IoWriteBytes, group.IoBy ?? Mechanism.None, "on each block device", group.IoWriteBytes);
        if (facts.Cpus is { } cpus)
        {
            var held = group.CpusetBy is null ? cpus : group.Cpuset ?? cpus;
            Add(report, "cpuset", cpus.Count, held.Count, group.CpusetBy ?? Mechanism.Affinity, CpusetNote(cpus, held, group.CpusetBy));
        }
    }

    private static string CpusetNote(CpuSet asked, CpuSet held, Mechanism? by)
    {
        var numbers = held.Equals(asked) ? $"processors {held}" : $"processors {held} of {asked}";
        return by is null ? numbers + "; sched_setaffinity(2) of the job can widen it where its policy allows the call" : numbers;
    }

    private static string? Above(long? requested, long? effective) => requested == effective || effective is null ? null
        : RequireCheck.IsRounded(requested, effective) ? "rounded down to whole pages" : OuterLimit;

    private static long? WholePages(long? bytes) =>
        bytes is not { } size ? null : (size + Environment.SystemPageSize - 1) / Environment.SystemPageSize * Environment.SystemPageSize;

    private const string OnDisk = "sampled: this kernel's tmpfs has no user attributes, so writable overlays keep their changes on a disk of the host; " +
        "other writable directories are a tmpfs, held by the kernel; not seen: removed files that are only mapped or in flight";

    private const string ClampedByHost = "clamped to the host's hard limit";

    private const string EachProcess = ", at which the kernel ends any process for what it has used by itself";

    private const string Inherited = "not asked for: the host's hard limit";

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
        ? "inherited task clock, /proc and rusage: the largest counts" + Lost(facts.ClockLost) + Churn(facts.UnseenTasks, "if a program that may not be read started them")
        : "/proc and rusage; not seen: children that ended under a parent that ignores SIGCHLD" + Churn(facts.UnseenTasks, "if they were such");

    private static string Lost(bool isLost) => isLost ? "; the job stopped the clock by executing a file that it may not read" : "";

    private static string Churn(int tasks, string condition) =>
        tasks == 0 ? "" : $"; about {tasks} tasks came and went between two looks: missed, {condition}";

    private static double? Seconds(TimeSpan? time) => time?.TotalSeconds;

    private static void AddIfAsked(
        Dictionary<string, Enforcement> report, string name, double? requested, Mechanism by, string? note, double? effective = null)
    {
        if (requested is not null)
        {
            Add(report, name, requested, effective ?? requested, by, note);
        }
    }

    private static void AddClamped(Dictionary<string, Enforcement> report, string name, double? requested, double? ceiling, Mechanism by, string note) =>
        report.Add(name, new() { Requested = requested, Effective = ceiling, By = by, Note = note, IsClamped = true });

    private static void Add(
        Dictionary<string, Enforcement> report, string name, double? requested, double? effective, Mechanism by, string? note) =>
        report.Add(name, new()
        {
            Requested = requested,
            Effective = effective,
            By = requested is null ? Mechanism.None : by,
            Note = requested is null ? null : note,
        });
}
