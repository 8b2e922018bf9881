using Sandbox.Execution.Collect;
using Sandbox.Execution.Judging;
using Sandbox.Execution.Streams;
using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Policies;
using Sandbox.Resources;
using Sandbox.Resources.Cores;
using Sandbox.Resources.Limits;
using Sandbox.Resources.Limits.Cgroups;
using Sandbox.Text;

namespace Sandbox.Execution;

/// <summary>Everything that is known of a run once nothing of it is left, and the result that follows from it.</summary>
internal sealed record RunFacts
{
    private const int SigKill = 9; // as a wait status: ended by that signal (wait(2))

    /// <summary>The job with what it was given, which it still has.</summary>
    public required JobDraft Draft { get; init; }

    public required SandboxPlan Plan { get; init; }

    public required CompiledPolicy Policy { get; init; }

    public required Supervisor Supervisor { get; init; }

    public required NoiseMeter Noise { get; init; }

    public required JobStreams Streams { get; init; }

    /// <summary>What it left.</summary>
    public required OutputCollection Collection { get; init; }

    public required IReadOnlyDictionary<string, Enforcement> Enforcement { get; init; }

    /// <summary>Start of the run; this and the next three are CLOCK_MONOTONIC in nanoseconds.</summary>
    public required long Origin { get; init; }

    public required long EndedAt { get; init; }

    public required long CollectedAt { get; init; }

    public required long LetGoAt { get; init; }

    private JobSpec Spec => Draft.Job.Spec;

    private JobReports Reports => Supervisor.Reports;

    private JobCgroup? Cgroup => Draft.Cgroup;

    /// <summary>The result.</summary>
    public JobResult ToResult()
    {
        var error = Error(out var exec, out var verdict);
        var cpu = CpuUsage.Of(Supervisor);
        var connections = Draft.Egress?.Connections ?? ([], 0);
        var judgement = error is null ? Verdicts.Decide(Evidence(cpu, exec)) : null;
        return new()
        {
            Name = Spec.Name,
            Verdict = judgement?.Verdict ?? verdict,
            Message = judgement?.Message ?? error!.Message,
            ExitCode = judgement?.ExitCode,
            Signal = judgement?.Signal,
            KilledBy = judgement?.KilledBy,
            LimitsHit = judgement?.LimitsHit ?? [],
            Time = cpu with { Wall = Wall(), Overshoot = judgement?.Overshoot ?? TimeSpan.Zero },
            Memory = Memory(),
            ProcessesPeak = Supervisor.Watch is { PeakTasks: > 0 } watch ? watch.PeakTasks : null,
            ProcessesRefused = Supervisor.Watch?.RefusedTasks,
            Io = Cgroup?.Activity?.Io(),
            Pressure = Cgroup?.Activity?.Pressure(),
            Quality = Reports.Started is null ? null : Quality(),
            Stdout = Streams.Stdout.Result(),
            Stderr = Streams.Stderr?.Result() ?? new() { Bytes = 0, Content = ReadOnlyMemory<byte>.Empty },
            Outputs = Collection.Outputs.Outputs,
            OutputErrors = [.. Collection.Outputs.Errors, .. Collection.Diff.Errors],
            Diff = Collection.Diff.Diff,
            Violations = Violation() is { } violation ? [violation] : [],
            Enforcement = Enforcement,
            Isolation = Reports.Started is { } started ? IsolationFacts.Of(started, Plan, Policy, Draft) : null,
            Phases = Phases(),
            Error = error,
            CommandNotFound = exec is { ProgramExists: false },
            SkippedMounts = Plan.SkippedMounts,
            Connections = connections.Rows,
            ConnectionsLeftOut = connections.LeftOut,
            Ports = Draft.Ports?.Published ?? [],
            Notes = Reports.Started is null
                ? []
                : [.. OverlayNotes.Of(Plan, Draft.LacksDisk), .. NetworkNotes.Of(judgement?.Verdict ?? verdict, Spec.Network, Reports.Ended?.Lookups ?? 0, connections.Rows)],
        };
    }

    private ErrorReport? Error(out ExecFailure? exec, out Verdict verdict)
    {
        exec = null;
        verdict = Verdict.SetupError;
        if (Supervisor.BarrierFailure is { } barrier)
        {
            return SetupFailures.Of(barrier);
        }

        if (Reports.Failed is { } failed)
        {
            exec = SetupFailures.Exec(failed, Plan, Spec.Command[0]) ?? NoRoom(failed);
            return exec is null ? SetupFailures.Setup(failed, Plan) : null;
        }

        if (Reports.SetupExpired is { } step)
        {
            return SetupFailures.Expired(Plan, step, Supervisor.Stuck);
        }

        verdict = Verdict.InternalError;
        if (Supervisor.Stuck is { } stuck)
        {
            return SetupFailures.NotEnded(stuck);
        }

        if (Collection.Failure is { } collect)
        {
            return SetupFailures.Of(collect);
        }

        if ((Unwritten("stdout", Operation.WriteStdout, Streams.Stdout) ?? Unwritten("stderr", Operation.WriteStderr, Streams.Stderr)) is { } unwritten)
        {
            return unwritten;
        }

        if ((Draft.Egress?.Failure ?? Draft.Ports?.Failure) is { } relay)
        {
            return SetupFailures.Of(new SandboxException($"the relay of the job's network has failed: {relay.Message}") { Operation = Operation.RelayNetwork });
        }

        if (Reports.Ended is not null || WasStoppedHard)
        {
            return null;
        }

        return new() { Phase = JobPhase.Run, Message = "the sandbox was lost: its launcher or its first process was killed", Hint = SetupFailures.LostHint };
    }

    // What the job said was lost: whatever it ended with, the result must not look like a complete one.
    private static ErrorReport? Unwritten(string stream, Operation operation, OutputPipe? pipe) => pipe is not { Error: < 0 and var error } ? null : new()
    {
        Phase = JobPhase.Run,
        Step = OperationTable.Word(operation),
        Errno = Errno.Name(-error),
        Message = $"cannot write the job's {stream}: {Errno.Name(-error)}",
        Hint = OperationTable.Hint(operation, Errno.Name(-error)),
        Pointer = "/" + stream,
    };

    // The payload is in its control groups before it is the job: a limit too small for a bare process ends it there.
    private ExecFailure? NoRoom(ReportRecord failed)
    {
        if (Cgroup?.Memory is not { EffectiveBytes: { } limit } memory)
        {
            return null;
        }

        memory.Look();
        var isFull = memory.Ooms > 0 || (failed.Error == Errno.ENOMEM && memory.Reclaims > 0);
        return !isFull ? null : new()
        {
            Program = Spec.Command[0],
            Errno = "ENOMEM",
            ProgramExists = true,
            Limit = "memory",
            Detail = $"the memory limit of {Amount.Bytes(limit)} leaves no room to start it",
        };
    }

    private RunQuality Quality() => Disturbances() with { VoluntarySwitches = (long?)Reports.Ended?.VoluntarySwitches };

    private RunQuality Disturbances() => Noise.Read(new()
    {
        Wall = Wall(),
        ForcedSwitches = (long)(Reports.Ended?.ForcedSwitches ?? 0),
        Throttled = Cgroup?.Bandwidth?.Throttled,
        CpuPressure = Cgroup?.Activity?.CpuStarved(),
        Placed = Draft.Cpus,
    });

    // Told to end, pid 1 did not report in time and was killed by the launcher: what the job was stopped for stands.
    private bool WasStoppedHard =>
        Supervisor.Cause == StopCause.Cancelled ||
        (Supervisor.Cause is not (StopCause.None or StopCause.HostLost) && Reports is { Started: not null, Gone: not null });

    private Evidence Evidence(TimeUsage cpu, ExecFailure? exec) => new()
    {
        WaitStatus = Reports.Ended?.Status ?? (WasStoppedHard && Reports.Started is not null ? SigKill : null),
        Cause = Supervisor.Cause,
        KilledBySandbox = Reports.Ended is { Killed: not 0 } || (Reports.Ended is null && WasStoppedHard),
        Forwarded = Supervisor.Forwarded,
        HasTerminal = Spec.Terminal,
        Limits = Spec.Limits,
        ProcessCpuLimit = Plan.LimitOf(Rlimit.Cpu) is { } seconds && seconds <= TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(seconds) : null,
        OwnCpu = TimeSpan.FromTicks((long)(Reports.Ended?.OwnCpuNanoseconds ?? 0) / 100),
        OwnFileSize = Reports.Ended?.OwnFileSize ?? 0,
        SentFileSizeSignal = Reports.Ended is { Sent: not 0 },
        Cpu = cpu.Cpu,
        Wall = Wall(),
        Idle = Supervisor.Watch?.Idle ?? TimeSpan.Zero,
        MemoryBytes = Supervisor.Watch?.WatchedMemoryBytes ?? 0,
        UnmeasuredMemoryBytes = Supervisor.Watch?.UnmeasuredMemoryBytes,
        EffectiveMemoryBytes = Cgroup?.EffectiveMemoryBytes ?? Spec.Limits.MemoryBytes,
        IsUnheld = Supervisor.Watch is { IsLost: true },
        DiskBytes = Supervisor.Watch?.PeakDiskBytes ?? 0,
        DiskFiles = Supervisor.Watch?.PeakDiskInodes ?? 0,
        OomKills = Supervisor.Watch?.OomKills ?? 0,
        OuterOomKills = Supervisor.Watch?.OuterOomKills ?? 0,
        MemoryLimitReached = Supervisor.Watch is { ReachedMemoryLimit: true } || exec is { Limit: "memory" },
        StreamsOverLimit = StreamsOverLimit(),
        LimitsObserved = Supervisor.Watch?.LimitsObserved() ?? [],
        Violation = Violation(),
        Exec = exec,
        RequiredOutput = Collection.Outputs.Required ?? Collection.Diff.Required,
        CollectLimitReached = Collection.LimitReached,
        ConnectionLimitReached = Draft.Egress is { Traffic.IsOutOfConnections: true },
        TrafficLimitReached = Draft.Egress is { Traffic.IsOver: true },
        CollectionCancelled = Collection.IsCancelled,
    };

    private List<string> StreamsOverLimit()
    {
        var streams = new List<string>(2);
        if (Streams.Stdout.OverLimit)
        {
            streams.Add("stdout");
        }

        if (Streams.Stderr is { OverLimit: true })
        {
            streams.Add("stderr");
        }

        return streams;
    }

    private TimeSpan Wall() => TimeSpan.FromTicks((Reports.Ended, Reports.Started) switch
    {
        ({ } ended, _) => (long)ended.WallNanoseconds,
        (null, { } started) => EndedAt - (long)started.Stamps[ReportStamps.Started],
        _ => 0,
    } / 100);

    private MemoryUsage Memory() => Measured() with { LargestProcessBytes = (long?)Reports.Ended?.MaxRssKib * 1024 };

    private MemoryUsage Measured() => Cgroup?.Memory is null
        ? new() { PeakBytes = Math.Max(Supervisor.Watch?.PeakMemoryBytes ?? 0, BetweenLooks()), Sampled = true }
        : new()
        {
            PeakBytes = Supervisor.Watch?.PeakMemoryBytes ?? 0,
            Sampled = Supervisor.Watch?.IsMemorySampled ?? false,
            OomKills = (Supervisor.Watch?.OomKills ?? 0) + (Supervisor.Watch?.OuterOomKills ?? 0),
        };

    // What the largest process had between two looks, or in a job too short for any. Its pages of files are not told apart and do not count: as
    // many as a look has seen are taken off, and what was not seen to be above the limit is not said to be.
    private long BetweenLooks() => Math.Min(
        ((long)(Reports.Ended?.MaxRssKib ?? 0) * 1024) - (Supervisor.Watch?.MaxSharedBytes ?? 0),
        Spec.Limits.MemoryBytes ?? long.MaxValue);

    private PolicyViolation? Violation() => Reports.Violation is not { } record ? null : new()
    {
        Syscall = SyscallTable.Name((int)record.Call, record.Arch),
        Number = (int)record.Call,
        Arch = SyscallTable.ArchName(record.Arch),
        Pid = record.Pid,
        Action = "kill",
    };

    private List<PhaseTiming> Phases()
    {
        var stamps = (Reports.Started ?? Reports.Failed ?? Reports.Gone)?.Stamps ?? default;
        var phases = ReportStamps.Phases(stamps, Origin);
        if (Reports.Started is { } started)
        {
            phases.Add(ReportStamps.Phase(JobPhase.Run, Origin, (long)started.Stamps[ReportStamps.Started], EndedAt));
        }

        phases.Add(ReportStamps.Phase(JobPhase.Collect, Origin, EndedAt, CollectedAt));
        phases.Add(ReportStamps.Phase(JobPhase.Teardown, Origin, CollectedAt, LetGoAt));
        return phases;
    }
}
