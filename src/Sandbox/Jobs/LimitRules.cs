using System.Globalization;
using Sandbox.Interop;
using Sandbox.Text;

namespace Sandbox.Jobs;

/// <summary>Checks the limits: each in its range, each required one set.</summary>
internal static class LimitRules
{
    // Far from where nanoseconds since boot leave 64 bits; "none" is the way to say never.
    private const double LeastCpus = 0.01;

    // Below it no program starts, and what becomes of it would depend on what holds the limit: a control group is charged
    // in batches of up to 256 KiB for what a bare process needs (MEMCG_CHARGE_BATCH, mm/memcontrol.c).
    private const long LeastMemory = 256 << 10;

    // The kernel puts arguments and environment on it, and kills a program that does not fit in the middle of execve(2).
    private const long LeastStack = 64 << 10;

    // The writable pages of the smallest programs, and to a limit of 0 the kernel makes an exception (may_expand_vm, mm/mmap.c).
    private const long LeastDataSegment = 64 << 10;

    private static readonly TimeSpan s_longest = TimeSpan.FromDays(3650);

    public static void Check(JobSpec spec, ProblemList problems)
    {
        if (spec.Limits is not { } limits)
        {
            problems.Add("/limits", "must not be null");
            return;
        }

        CheckDuration(limits.CpuTime, "/limits/cpuTime", problems);
        CheckDuration(limits.WallTime, "/limits/wallTime", problems);
        CheckDuration(limits.IdleTime, "/limits/idleTime", problems);
        CheckSize(limits.MemoryBytes, LeastMemory, "/limits/memory", problems);
        CheckCount(limits.Processes, 1, "/limits/processes", problems);
        CheckCount(limits.OutputBytes, 0, "/limits/output", problems);
        CheckCount(limits.FileSizeBytes, 0, "/limits/fileSize", problems);
        CheckSize(limits.StackBytes, LeastStack, "/limits/stack", problems);
        CheckSize(limits.AddressSpaceBytes, LeastMemory, "/limits/addressSpace", problems);
        CheckSize(limits.DataSegmentBytes, LeastDataSegment, "/limits/dataSegment", problems);

        // To tmpfs a size of 0 means without limit (tmpfs(5)).
        CheckCount(limits.DiskBytes, 1, "/limits/disk", problems);

        // RLIMIT_NOFILE is one more than the highest descriptor (setrlimit(2)): 0 to 2 are open from the start, and the
        // policy's own, which the job never has, needs a number when the limit is in force already.
        CheckCount(limits.OpenFiles, 4, "/limits/openFiles", problems);
        CheckSize(limits.MemoryHighBytes, LeastMemory, "/limits/memoryHigh", problems);
        CheckCount(limits.IoReadBytes, 1, "/limits/ioRead", problems);
        CheckCount(limits.IoWriteBytes, 1, "/limits/ioWrite", problems);
        CheckCount(limits.CollectBytes, 0, "/limits/collect", problems);
        CheckCpus(limits.Cpus, problems);
        CheckCpuset(spec.Cpuset, problems);
        CheckRequire(spec.Require, spec, problems);
    }

    /// <summary>The processors of a list that was checked.</summary>
    public static CpuSet? Cpuset(string? list) => list is not null && CpuSet.TryParse(list, out var cpus, out _) ? cpus : null;

    // Below a hundredth a period has less than the millisecond that is the kernel's least (sched-bwc.rst).
    private static void CheckCpus(double? cpus, ProblemList problems)
    {
        if (cpus is { } count && !(count is >= LeastCpus and <= CpuSet.Capacity))
        {
            problems.Add("/limits/cpus", $"must be from {LeastCpus.ToString(CultureInfo.InvariantCulture)} to {CpuSet.Capacity}; \"none\" lifts the limit");
        }
    }

    private static void CheckCpuset(string? list, ProblemList problems)
    {
        if (list is not null && !CpuSet.TryParse(list, out _, out var problem))
        {
            problems.Add("/cpuset", problem);
        }
    }

    private static void CheckDuration(TimeSpan? duration, string pointer, ProblemList problems)
    {
        if (duration <= TimeSpan.Zero)
        {
            problems.Add(pointer, "must be more than nothing; \"none\" lifts the limit");
        }

        if (duration > s_longest)
        {
            problems.Add(pointer, "must be at most ten years; \"none\" lifts the limit");
        }
    }

    private static void CheckSize(long? bytes, long least, string pointer, ProblemList problems)
    {
        if (bytes is >= 0 && bytes < least)
        {
            problems.Add(pointer, $"must be at least {Quantity.SizeWord(least)}: no program starts with less; \"none\" lifts the limit");
            return;
        }

        CheckCount(bytes, least, pointer, problems);
    }

    private static void CheckCount(long? count, long least, string pointer, ProblemList problems)
    {
        if (count < 0)
        {
            problems.Add(pointer, "must not be negative");
        }
        else if (count < least)
        {
            problems.Add(pointer, $"must be at least {least}; \"none\" lifts the limit");
        }
    }

    private static void CheckRequire(IReadOnlyList<string> require, JobSpec spec, ProblemList problems)
    {
        if (require is null)
        {
            problems.Add("/require", "must not be null");
            return;
        }

        for (var index = 0; index < require.Count; index++)
        {
            var name = require[index];
            var known = Array.IndexOf(Members.Requirable, name) >= 0;
            if (!known)
            {
                var held = name == "collect" ? "is held by the sandbox itself, never by the kernel" : "is no limit";
                problems.Add($"/require/{index}", $"\"{name}\" {held}", Suggestions.For(name ?? "", Members.Requirable));
                continue;
            }

            // Nothing can hold a limit that does not exist: a job that requires one is not what its author meant.
            if (!IsSet(name, spec) && !problems.Unreadable(name == "cpuset" ? "/cpuset" : "/limits/" + name))
            {
                problems.Add($"/require/{index}", $"requires a limit that is not set: \"{name}\"");
            }
        }
    }

    private static bool IsSet(string name, JobSpec spec) => name == "cpuset" ? spec.Cpuset is not null : IsSet(name, spec.Limits);

    private static bool IsSet(string name, ResourceLimits limits) => name switch
    {
        "cpus" => limits.Cpus is not null,
        "memoryHigh" => limits.MemoryHighBytes is not null,
        "ioRead" => limits.IoReadBytes is not null,
        "ioWrite" => limits.IoWriteBytes is not null,
        "cpuTime" => limits.CpuTime is not null,
        "wallTime" => limits.WallTime is not null,
        "idleTime" => limits.IdleTime is not null,
        "memory" => limits.MemoryBytes is not null,
        "processes" => limits.Processes is not null,
        "output" => limits.OutputBytes is not null,
        "fileSize" => limits.FileSizeBytes is not null,
        "openFiles" => limits.OpenFiles is not null,
        "stack" => limits.StackBytes is not null and not ResourceLimits.Unlimited,
        "addressSpace" => limits.AddressSpaceBytes is not null,
        "dataSegment" => limits.DataSegmentBytes is not null,
        _ => limits.DiskBytes is not null,
    };
}
