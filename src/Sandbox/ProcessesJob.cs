using Sandbox.Text;

namespace Sandbox;

/// <summary>A job of several processes that run at the same time, each in a sandbox of its own, connected by pipes.</summary>
public sealed record ProcessesJob : JobDocument
{
    /// <inheritdoc/>
    public override string? Name { get; init; }

    /// <summary>The processes, 1 to 32, in the order in which they are told; no two of one name.</summary>
    public required IReadOnlyList<JobProcess> Processes { get; init; }

    /// <summary>Limits of all processes together. Default: none.</summary>
    public ProcessesLimits Limits { get; init; } = new();

    /// <summary>What is special about some of the pipes, in any order; no two of one name. Default: nothing.</summary>
    public IReadOnlyList<JobPipe> Pipes { get; init; } = [];

    /// <inheritdoc/>
    public override IEnumerable<JobPart> Parts() => Processes.Select(static process => new JobPart { Pointer = process.Pointer, Job = process.Job });

    /// <inheritdoc/>
    public override JobDocument WithParts(Func<JobPart, JobSpec> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return this with { Processes = [.. Processes.Select(process => process with { Job = change(new() { Pointer = process.Pointer, Job = process.Job }) })] };
    }

    /// <inheritdoc/>
    public override long? MemoryAtOnce() => Processes.Any(static process => process.Job.Limits.MemoryBytes is null)
        ? null
        : (long)UInt128.Min(Processes.Aggregate(UInt128.Zero, static (sum, process) => sum + (UInt128)process.Job.Limits.MemoryBytes!.Value), long.MaxValue);

    /// <inheritdoc/>
    public override DocumentResult CancelledBeforeStart(string message) => new ProcessesResult
    {
        Name = Name,
        Verdict = Verdict.Cancelled,
        Message = message,
        Processes = [.. Processes.Select(process => new ProcessResult { Name = process.Name, Result = JobResult.CancelledBeforeStart(process.Job.Name, message) })],
    };
}

/// <summary>Limits that the processes of a <see cref="ProcessesJob"/> have together; at each of them, all are ended.</summary>
public sealed record ProcessesLimits
{
    /// <summary>Real time, from the moment at which every process was handed to the launcher. Null (the default) for none.</summary>
    public TimeSpan? WallTime { get; init; }

    /// <summary>Bytes that all of them write in sum: to pipes, and to streams of theirs that are kept; then every pipe is relayed (<see cref="JobPipe.Relay"/>). Null (the default) for any number.</summary>
    public long? OutputBytes { get; init; }
}

/// <summary>One process of a <see cref="ProcessesJob"/>.</summary>
public sealed record JobProcess
{
    /// <summary>What the job calls it: 1 to 64 letters, digits, <c>-</c>, <c>_</c> and <c>.</c> of ASCII.</summary>
    public required string Name { get; init; }

    /// <summary>What it runs. Its streams may be pipes to other processes: <see cref="PipeStdin"/>, <see cref="PipeOutput"/>, <see cref="JobSpec.Descriptors"/>.</summary>
    public required JobSpec Job { get; init; }

    internal string Pointer => "/processes/" + JsonPointer.Escape(Name);
}

/// <summary>The end of a pipe that a process of a <see cref="ProcessesJob"/> has beside its standard streams.</summary>
public sealed record PipeDescriptor
{
    /// <summary>Its number in the process, 3 to 47; no two of one number.</summary>
    public required int Number { get; init; }

    /// <summary>The pipe's name; exactly one other process has its other end.</summary>
    public required string Pipe { get; init; }

    /// <summary>The process writes here, and otherwise reads (the default).</summary>
    public bool Write { get; init; }
}

/// <summary>What became of a <see cref="ProcessesJob"/>.</summary>
public sealed record ProcessesResult : DocumentResult
{
    /// <inheritdoc/>
    public override string? Name { get; init; }

    /// <summary>The culprit's verdict; <see cref="Verdict.Ok"/> if every process ended well.</summary>
    public override required Verdict Verdict { get; init; }

    /// <inheritdoc/>
    public override required string Message { get; init; }

    /// <summary>The name of the process that failed first, made others fail, or brought all over a limit; null for none, and where that cannot be told.</summary>
    public string? Culprit { get; init; }

    /// <summary>Every process, in the order of the job.</summary>
    public required IReadOnlyList<ProcessResult> Processes { get; init; }

    /// <summary>The pipes that were relayed; empty where none was.</summary>
    public IReadOnlyList<PipeResult> Pipes { get; init; } = [];

    /// <inheritdoc/>
    public override long CapturedBytes() =>
        Processes.Sum(static process => process.Result.CapturedBytes()) + Pipes.Sum(static pipe => pipe.Transcript.Sum(static piece => piece.Content.Length + 64L));
}

/// <summary>What became of one process of a <see cref="ProcessesJob"/>.</summary>
public sealed record ProcessResult
{
    /// <summary>What the job calls it.</summary>
    public required string Name { get; init; }

    /// <summary>Its result.</summary>
    public required JobResult Result { get; init; }
}
