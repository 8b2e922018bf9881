using Sandbox.Text;

namespace Sandbox.Execution.Judging;

/// <summary>The verdicts that say which limit was reached, and by how much.</summary>
internal static class LimitVerdicts
{
    private const int SigKill = 9;
    private const int SigXfsz = 25;

    // The limit is checked, and time counted for it, once a tick, which CONFIG_HZ makes 10 ms at most.
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(10);

    public static Judgement CpuTime(Evidence evidence, Killer? killedBy) => new()
    {
        Verdict = Verdict.CpuTimeLimit,
        Message = $"used {Amount.Seconds(evidence.Cpu)} of CPU time: the limit is {Limit(evidence.Limits.CpuTime)}",
        KilledBy = killedBy,
        LimitsHit = [],
        Overshoot = Over(evidence.Cpu, evidence.Limits.CpuTime),
    };

    public static Judgement WallTime(Evidence evidence, Killer? killedBy) => new()
    {
        Verdict = Verdict.WallTimeLimit,
        Message = $"ran for {Amount.Seconds(evidence.Wall)} of real time: the limit is {Limit(evidence.Limits.WallTime)}",
        KilledBy = killedBy,
        LimitsHit = [],
        Overshoot = Over(evidence.Wall, evidence.Limits.WallTime),
    };

    public static Judgement Idle(Evidence evidence, Killer? killedBy) => new()
    {
        Verdict = Verdict.IdleLimit,
        Message = $"made no progress for {Amount.Seconds(evidence.Idle)}: the idle limit is {Limit(evidence.Limits.IdleTime)}",
        KilledBy = killedBy,
        LimitsHit = [],
        Overshoot = Over(evidence.Idle, evidence.Limits.IdleTime),
    };

    public static Judgement Memory(Evidence evidence, Killer? killedBy) => new()
    {
        Verdict = Verdict.MemoryLimit,
        Message = Used(evidence) ?? Unmeasured(evidence) ?? $"reached its memory limit of {Size(Memory(evidence))}, and no process of it gave way",
        KilledBy = killedBy,
        LimitsHit = [],
    };

    public static Judgement Disk(Evidence evidence, Killer? killedBy) => new()
    {
        Verdict = Verdict.DiskLimit,
        Message = evidence.DiskBytes > evidence.Limits.DiskBytes
            ? $"its writable directories and overlays grew to {Amount.Bytes(evidence.DiskBytes)}: the disk limit is {Size(evidence.Limits.DiskBytes)}"
            : $"its overlays had too many files, or directories too deep, for the disk limit of {Size(evidence.Limits.DiskBytes)}",
        KilledBy = killedBy,
        LimitsHit = [],
    };

    public static Judgement Output(Evidence evidence, Killer? killedBy)
    {
        var streams = evidence.StreamsOverLimit.Count > 0 ? string.Join(" and ", evidence.StreamsOverLimit) : "a stream";
        return new()
        {
            Verdict = Verdict.OutputLimit,
            Message = $"wrote more than {Size(evidence.Limits.OutputBytes)} to {streams}: the output limit",
            KilledBy = killedBy,
            LimitsHit = [],
        };
    }

    /// <summary>The timer decides if it is what ended the job, or if the job's own end came after the limit all the same.</summary>
    public static bool WallTimeCounts(Evidence evidence) => evidence.KilledBySandbox || IsOver(evidence.Wall, evidence.Limits.WallTime);

    /// <summary>Excesses that nobody acted on in time: the job ended first, but the final figures tell.</summary>
    public static Judgement? FoundAtTheEnd(Evidence evidence, Killer? killedBy)
    {
        if (evidence.OomKills > 0)
        {
            return KernelOom(evidence, killedBy);
        }

        if (evidence.WaitStatus is null)
        {
            return null;
        }

        if (IsOver(evidence.Cpu, evidence.Limits.CpuTime))
        {
            return CpuTime(evidence, killedBy);
        }

        if (IsOver(evidence.Wall, evidence.Limits.WallTime))
        {
            return WallTime(evidence, killedBy);
        }

        if (evidence.Limits.MemoryBytes is { } memory && evidence.MemoryBytes > memory)
        {
            return Memory(evidence, killedBy);
        }

        return null;
    }

    /// <summary>The first process itself is one that the OOM killer took.</summary>
    public static bool IsTakenByKernel(Evidence evidence) =>
        evidence.WaitStatus is { } status && WaitStatus.Signal(status) == SigKill && !evidence.KilledBySandbox;

    /// <summary>The signals by which the kernel ends a process for an rlimit, with evidence that it was that; null without.</summary>
    public static Judgement? FromSignal(Evidence evidence, int signal) => signal switch
    {
        SigXfsz when IsFileSize(evidence) => new()
        {
            Verdict = Verdict.FileSizeLimit,
            Message = $"ended by SIGXFSZ: a file would have grown past the fileSize limit of {Amount.Bytes(evidence.Limits.FileSizeBytes!.Value)}",
            KilledBy = Killer.Sandbox,
            LimitsHit = [],
        },
        SigKill when IsProcessCpu(evidence) => new()
        {
            Verdict = Verdict.CpuTimeLimit,
            Message = $"killed by the kernel at the host's hard limit of {Limit(evidence.ProcessCpuLimit)} of CPU time for one process (RLIMIT_CPU)",
            KilledBy = Killer.Sandbox,
            LimitsHit = [],
        },
        _ => null,
    };

    // The kernel sends it only where a limit is in force: ours, unless the process had given itself a lower one. It says the same
    // of one that somebody sends, so where anybody did, nothing is proven.
    private static bool IsFileSize(Evidence evidence) =>
        evidence.Limits.FileSizeBytes is { } size && evidence.OwnFileSize == (ulong)size &&
        !evidence.SentFileSizeSignal && !evidence.Forwarded.Contains(SigXfsz);

    /// <summary>The first process had used up what RLIMIT_CPU leaves it when it was killed.</summary>
    /// <remarks>Soft and hard limit are one in a job, so the kernel sends no SIGXCPU first (check_process_timers, kernel/time/posix-cpu-timers.c).</remarks>
    public static bool IsProcessCpu(Evidence evidence) =>
        !evidence.KilledBySandbox && evidence.ProcessCpuLimit is { } limit && evidence.OwnCpu >= limit - s_tick;

    public static bool IsOver(TimeSpan measured, TimeSpan? limit) => limit is { } time && measured > time;

    // A child's OOM kill decides too, even if its parent exits 0: what the parent says about a job
    // that lost a process is worth nothing.
    private static Judgement KernelOom(Evidence evidence, Killer? killedBy)
    {
        var first = IsTakenByKernel(evidence);
        return new()
        {
            Verdict = Verdict.MemoryLimit,
            Message = first
                ? $"killed by the kernel: the job used more than {Size(Memory(evidence))} of memory"
                : $"the kernel killed {Processes(evidence.OomKills)} of the job: it used more than {Size(Memory(evidence))} of memory",
            KilledBy = first ? Killer.KernelOom : killedBy,
            LimitsHit = [],
        };
    }

    // A group's limit may be the smaller one of a group above: whatever was measured is told where nothing else is known.
    private static string? Used(Evidence evidence) =>
        evidence.MemoryBytes == 0 || (evidence.UnmeasuredMemoryBytes is not null && evidence.MemoryBytes <= Memory(evidence))
            ? null
            : $"used {Amount.Bytes(evidence.MemoryBytes)} of memory: the limit is {Size(Memory(evidence))}";

    private static string? Unmeasured(Evidence evidence) => evidence.UnmeasuredMemoryBytes is not { } most ? null
        : $"its memory took too long to measure, and it was ended for that: at most {Amount.Bytes(most)}; the limit is {Size(Memory(evidence))}";

    private static string Processes(int count) => count == 1 ? "a process" : $"{count} processes";

    private static string Limit(TimeSpan? limit) => limit is { } time ? Amount.Seconds(time) : "lifted";

    private static long? Memory(Evidence evidence) => evidence.EffectiveMemoryBytes ?? evidence.Limits.MemoryBytes;

    private static string Size(long? limit) => limit is { } bytes ? Amount.Bytes(bytes) : "the host allows";

    private static TimeSpan Over(TimeSpan measured, TimeSpan? limit) =>
        limit is { } time && measured > time ? measured - time : TimeSpan.Zero;
}
