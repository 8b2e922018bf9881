namespace Sandbox;

/// <summary>What a job.json file holds: a job in one sandbox, <see cref="JobSpec"/>, or one of several processes, <see cref="ProcessesJob"/>.</summary>
public abstract record JobDocument
{
    private protected JobDocument()
    {
    }

    /// <summary>Label for logs and telemetry; null when the job has none.</summary>
    public abstract string? Name { get; init; }

    /// <summary>Every sandbox that it may start, for whoever decides what jobs may have: what is not among them is never run.</summary>
    public abstract IEnumerable<JobPart> Parts();

    /// <summary>The same with each sandbox as a function returns it.</summary>
    /// <param name="change">Gets each of <see cref="Parts"/>.</param>
    public abstract JobDocument WithParts(Func<JobPart, JobSpec> change);

    /// <summary>What the memory limits of the sandboxes that it has at one time come to at most, in bytes; null if one of them has none.</summary>
    public abstract long? MemoryAtOnce();

    /// <summary>The result where it waited for its turn and nothing of it was started: <see cref="Verdict.Cancelled"/>.</summary>
    /// <param name="message">Why, in a sentence.</param>
    public abstract DocumentResult CancelledBeforeStart(string message);
}

/// <summary>One sandbox of a job.</summary>
public sealed record JobPart
{
    /// <summary>The JSON pointer (RFC 6901) of its object in job.json; empty for a job in one sandbox.</summary>
    public required string Pointer { get; init; }

    /// <summary>What it runs.</summary>
    public required JobSpec Job { get; init; }
}

/// <summary>What became of what a job.json file held: the content of result.json, in the form that belongs to it.</summary>
public abstract record DocumentResult
{
    private protected DocumentResult()
    {
    }

    /// <summary>The job's name, or null.</summary>
    public abstract string? Name { get; init; }

    /// <summary>The verdict on all of it.</summary>
    public abstract Verdict Verdict { get; init; }

    /// <summary>The verdict in one sentence.</summary>
    public abstract string Message { get; init; }

    /// <summary>How many bytes of output it holds in memory, for whoever keeps results.</summary>
    public abstract long CapturedBytes();
}
