namespace Sandbox;

/// <summary>A moment in a job's life. Of one job they come in this order: the first and the last always, the others as far as the job got.</summary>
public enum JobEventKind
{
    /// <summary>The runner has taken the job on.</summary>
    Created,

    /// <summary>The job executed its program (execve(2)).</summary>
    Started,

    /// <summary>Every process of the job is dead, and what it wrote is delivered.</summary>
    Ended,

    /// <summary>Its outputs and changes are collected.</summary>
    Collected,

    /// <summary>The result is there: <see cref="JobEvent.Result"/>. Nothing comes after it.</summary>
    Completed,
}

/// <summary>That a job has come to a moment of its life.</summary>
public sealed record JobEvent
{
    /// <summary>A name for this run that no other has: <see cref="SandboxJob.Id"/>.</summary>
    public required string JobId { get; init; }

    /// <summary>The job's <see cref="JobSpec.Name"/>, or null.</summary>
    public string? JobName { get; init; }

    /// <summary>Which moment.</summary>
    public required JobEventKind Kind { get; init; }

    /// <summary>
    /// When it was, in UTC. Moments of one job are as far apart as the monotonic clock says (clock_gettime(2), CLOCK_MONOTONIC), in which the launcher
    /// stamps them: setting the host's clock moves none of them against another.
    /// </summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The ports of the host that lead to the job, with <see cref="JobEventKind.Started"/>; none before and after. They are <see cref="JobSpec.Ports"/>, in their order.</summary>
    public IReadOnlyList<PublishedPort> Ports { get; init; } = [];

    /// <summary>What became of the job, with <see cref="JobEventKind.Completed"/>; null before.</summary>
    public JobResult? Result { get; init; }
}
