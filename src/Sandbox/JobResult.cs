using Sandbox.Text;

namespace Sandbox;

/// <summary>What became of a job in one sandbox: the content of result.json.</summary>
public sealed record JobResult : DocumentResult
{
    /// <summary>The job's name, or null.</summary>
    public override string? Name { get; init; }

    /// <summary>The verdict; the first cause decides.</summary>
    public override required Verdict Verdict { get; init; }

    /// <summary>The verdict in one sentence.</summary>
    public override required string Message { get; init => field = Words.Printable(value); }

    /// <summary>Exit code of the first process, 0 to 255; null if it did not exit.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Signal name that ended the first process, such as <c>SIGKILL</c>; null if none did.</summary>
    public string? Signal { get; init; }

    /// <summary>Who ended it by a signal; null if nobody did, or whoever sends the job signals did.</summary>
    public Killer? KilledBy { get; init; }

    /// <summary>JSON names of every limit that was reached.</summary>
    public IReadOnlyList<string> LimitsHit { get; init; } = [];

    /// <summary>Times of the whole process tree.</summary>
    public required TimeUsage Time { get; init; }

    /// <summary>Memory of the whole job.</summary>
    public required MemoryUsage Memory { get; init; }

    /// <summary>Largest number of tasks seen; null where the mechanism cannot tell.</summary>
    public int? ProcessesPeak { get; init; }

    /// <summary>How often a fork or a new thread was refused at the limit; null where the kernel does not count.</summary>
    public long? ProcessesRefused { get; init; }

    /// <summary>Traffic with block devices; null where the kernel does not count it for the job.</summary>
    public IoUsage? Io { get; init; }

    /// <summary>Waits for CPU, memory and devices; null where the kernel does not count them for the job.</summary>
    public PressureUsage? Pressure { get; init; }

    /// <summary>What disturbed the job while it ran; null if it never ran.</summary>
    public RunQuality? Quality { get; init; }

    /// <summary>The stdout stream.</summary>
    public required StreamResult Stdout { get; init; }

    /// <summary>The stderr stream.</summary>
    public required StreamResult Stderr { get; init; }

    /// <summary>Files collected.</summary>
    public IReadOnlyList<OutputResult> Outputs { get; init; } = [];

    /// <summary>Files not collected, with the reason.</summary>
    public IReadOnlyList<OutputFailure> OutputErrors { get; init; } = [];

    /// <summary>What the job changed in its mounts of type overlay; null if that was not asked for, or if it never ran.</summary>
    public DiffResult? Diff { get; init; }

    /// <summary>Calls the policy killed for.</summary>
    public IReadOnlyList<PolicyViolation> Violations { get; init; } = [];

    /// <summary>For every control asked for, by JSON name: what really held it.</summary>
    public IReadOnlyDictionary<string, Enforcement> Enforcement { get; init; } = new Dictionary<string, Enforcement>();

    /// <summary>The isolation read back from the job just before execve; null if it did not get that far.</summary>
    public IsolationReport? Isolation { get; init; }

    /// <summary>The phases of the job's life in order.</summary>
    public IReadOnlyList<PhaseTiming> Phases { get; init; } = [];

    /// <summary>What failed, for setup-error, internal-error and invalid-job; else null.</summary>
    public ErrorReport? Error { get; init; }

    /// <summary>For <see cref="Verdict.ExecFailed"/>: there is no such program, as opposed to one that cannot be executed.</summary>
    public bool CommandNotFound { get; init; }

    /// <summary>Optional binds whose source was absent, by target.</summary>
    public IReadOnlyList<string> SkippedMounts { get; init; } = [];

    /// <summary>What a job with <see cref="EgressNetwork"/> reached and was refused, at most 256 kinds, in the order in which the first of each ended.</summary>
    public IReadOnlyList<JobConnection> Connections { get; init; } = [];

    /// <summary>How many connections are in none of <see cref="Connections"/>.</summary>
    public long ConnectionsLeftOut { get; init; }

    /// <summary>The ports of the host that led to the job, in the order of <see cref="JobSpec.Ports"/>, and what came over them.</summary>
    public IReadOnlyList<PublishedPort> Ports { get; init; } = [];

    /// <summary>What the job may have met that its output explains badly, such as files in an overlay that it cannot change; one sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The result that <c>sandbox exec</c> writes for a job that is not valid: the verdict <c>invalid-job</c>, with every problem.</summary>
    /// <param name="invalid">What <see cref="JobFile.Parse"/> or <see cref="SandboxRunner.RunAsync"/> threw.</param>
    /// <param name="name">The job's name, if it is known.</param>
    public static JobResult Of(InvalidJobException invalid, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(invalid);
        var problems = invalid.Problems;
        var first = problems.Count > 0 ? problems[0] with { Line = 0 } : new() { Pointer = "", Message = "nobody knows why" };
        var message = $"the job is not valid: {first}" + (problems.Count > 1 ? $" (and {problems.Count - 1} more)" : "");
        var error = new ErrorReport { Phase = JobPhase.Validate, Message = message, Pointer = first.Pointer, Problems = problems };
        return NotRun(name, Verdict.InvalidJob, message, error);
    }

    /// <summary>The result of a job that a failure of the sandbox, or of whoever was to run it, kept from starting: the verdict <c>setup-error</c>.</summary>
    /// <param name="error">What failed, such as <see cref="SandboxHost.Explain"/> tells it.</param>
    /// <param name="name">The job's name, if it has one.</param>
    public static JobResult NotStarted(ErrorReport error, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(error);
        return NotRun(name, Verdict.SetupError, error.Message, error);
    }

    /// <inheritdoc/>
    public override long CapturedBytes() => (Stdout.Content?.Length ?? 0L) + (Stderr.Content?.Length ?? 0L) + Outputs.Sum(static output => output.Content?.Length ?? 0L);

    /// <summary>The same with copies of what was captured, which are there as long as anybody has them.</summary>
    internal JobResult Detached() => this with { Stdout = Stdout.Detached(), Stderr = Stderr.Detached() };

    /// <summary>The result of a job that waited for its turn and was not started: <see cref="Verdict.Cancelled"/>.</summary>
    /// <param name="name">The job's name.</param>
    /// <param name="message">Why, in a sentence.</param>
    public static JobResult CancelledBeforeStart(string? name, string message) => NotRun(name, Verdict.Cancelled, message, null);

    /// <summary>The result of a job that something kept from starting.</summary>
    internal static JobResult NotRun(string? name, Verdict verdict, string message, ErrorReport? error) => new()
    {
        Name = name,
        Verdict = verdict,
        Message = message,
        Time = new() { Cpu = TimeSpan.Zero, User = TimeSpan.Zero, System = TimeSpan.Zero, Wall = TimeSpan.Zero },
        Memory = new() { PeakBytes = 0 },
        Stdout = new() { Bytes = 0, Content = ReadOnlyMemory<byte>.Empty },
        Stderr = new() { Bytes = 0, Content = ReadOnlyMemory<byte>.Empty },
        Error = error,
    };
}
