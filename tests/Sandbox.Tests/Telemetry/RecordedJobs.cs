using System.Text;
using Sandbox.Execution.Judging;

namespace Sandbox.Tests.Telemetry;

/// <summary>Jobs that ended, as the engine reports them.</summary>
internal static class RecordedJobs
{
    public const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    public const string ParentSpanId = "b7ad6b7169203331";
    public const string Secret = "hunter2-token";

    public static readonly DateTimeOffset StartedAt = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static JobSpec Spec { get; } = new()
    {
        Name = "two-sum #3",
        Command = ["/usr/bin/python3", "main.py", Secret],
        Env = new Dictionary<string, string> { ["TOKEN"] = Secret },
        Limits = new ResourceLimits { CpuTime = TimeSpan.FromSeconds(2), MemoryBytes = 256 << 20 },
        Traceparent = $"00-{TraceId}-{ParentSpanId}-01",
    };

    public static JobResult CpuLimit { get; } = new()
    {
        Name = "two-sum #3",
        Verdict = Verdict.CpuTimeLimit,
        Message = "killed: the job used more than 2 s of CPU time",
        Signal = "SIGKILL",
        KilledBy = Killer.Sandbox,
        LimitsHit = ["cpuTime"],
        Time = new TimeUsage
        {
            Cpu = TimeSpan.FromSeconds(2.25),
            User = TimeSpan.FromSeconds(2),
            System = TimeSpan.FromSeconds(0.25),
            Wall = TimeSpan.FromSeconds(2.5),
            Overshoot = TimeSpan.FromMilliseconds(1),
        },
        Memory = new MemoryUsage { PeakBytes = 4096000 },
        Stdout = new StreamResult { Bytes = 13, Content = Encoding.UTF8.GetBytes(Secret) },
        Stderr = new StreamResult { Bytes = 0 },
        Enforcement = new Dictionary<string, Enforcement>
        {
            ["cpuTime"] = new() { Requested = 2, Effective = 2, By = Mechanism.Perf },
            ["fileSize"] = new() { Requested = 1 << 26, Effective = 1 << 20, By = Mechanism.Rlimit },
        },
        Isolation = new IsolationReport
        {
            Namespaces = new Dictionary<string, long>(),
            Capabilities = "0000000000000000",
            NoNewPrivs = true,
            SeccompPolicy = "default",
            SeccompSha256 = "abc",
            Landlock = 7,
        },
        Phases =
        [
            new PhaseTiming { Phase = JobPhase.Prepare, StartMicroseconds = 0, Microseconds = 100 },
            new PhaseTiming { Phase = JobPhase.Clone, StartMicroseconds = 100, Microseconds = 448 },
            new PhaseTiming { Phase = JobPhase.Run, StartMicroseconds = 1300, Microseconds = 2500000 },
        ],
    };

    public static JobResult SetupError { get; } = CpuLimit with
    {
        Verdict = Verdict.SetupError,
        Signal = null,
        KilledBy = null,
        LimitsHit = [],
        Enforcement = new Dictionary<string, Enforcement>(),
        Isolation = null,
        Phases = [new PhaseTiming { Phase = JobPhase.Prepare, StartMicroseconds = 0, Microseconds = 100 }],
        Error = new ErrorReport { Phase = JobPhase.Mounts, Step = "bind", Errno = "EACCES", Message = "cannot bind /data" },
    };
}
