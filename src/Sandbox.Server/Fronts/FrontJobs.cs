using Sandbox.Server.Access;
using Sandbox.Server.Jobs;
using Sandbox.Server.Queue;
using Sandbox.Server.Telemetry;

namespace Sandbox.Server.Fronts;

/// <summary>The one way to the queue for what other APIs translate: the trust boundary, the maxima and the turns are those of our own API.</summary>
/// <param name="parts">What it works with.</param>
/// <param name="source">The API, for telemetry.</param>
internal sealed class FrontJobs(FrontParts parts, string source)
{
    /// <summary>Takes a job.</summary>
    /// <param name="asked">What it was translated to.</param>
    /// <param name="caller">Who sent it.</param>
    /// <param name="live">Makes streams live that are written or read while it runs, of a job that was let in.</param>
    /// <param name="startBefore">It is not worth starting later than this; null for no such time.</param>
    /// <param name="held">What the server holds of its results, in bytes (<see cref="FrontHold"/>).</param>
    /// <param name="readers">Over once somebody has read live streams to their end; null where nobody does.</param>
    /// <param name="wasLetIn">It is of something that was taken already: however many wait, it does too.</param>
    /// <param name="priority">Above 0 for what follows from a job that had its turn.</param>
    /// <exception cref="InvalidJobException">It is not valid.</exception>
    public FrontTaking Take(JobDocument asked, Caller caller, Func<JobDocument, JobDocument>? live = null, TimeSpan? startBefore = null, long held = 0, Task? readers = null, bool wasLetIn = false, int priority = 0)
    {
        JobFile.ValidateDocument(asked);
        var intake = JobIntake.Bound(asked, parts.Settings);
        if (intake.Job is not { } job)
        {
            ServeMetrics.Refused(RefusalReason.Forbidden);
            return new() { Refused = FrontRefusal.Forbidden, Why = string.Join("; ", intake.Problems.Select(static problem => $"{problem.Pointer}: {problem.Message}")) };
        }

        var taken = parts.Jobs.Take(new()
        {
            Spec = live is null ? job : live(job),
            ChangedLimits = intake.ChangedLimits,
            Owner = caller.Tenant,
            Queue = new()
            {
                Account = caller.Tenant,
                MostWaiting = caller.IsOwner ? null : Math.Max(1, parts.Settings.Queue.MaxWaiting / 2),
                StartBefore = startBefore,
                WasLetIn = wasLetIn,
                Priority = priority,
                MemoryBytes = WithHeld(job.MemoryAtOnce() ?? parts.Settings.Queue.MemoryBytes, held),
            },
            Held = () => new(parts.Settings.Allowed),
            Readers = readers,
            IsKept = false,
            Source = source,
        });
        if (taken.Job is { } started)
        {
            return new() { Job = started };
        }

        var (reason, refusal) = taken.Refusal switch
        {
            QueueRefusal.Full => (RefusalReason.Full, FrontRefusal.Full),
            QueueRefusal.NeverFits => (RefusalReason.NeverFits, FrontRefusal.NeverFits),
            _ => (RefusalReason.Draining, FrontRefusal.Draining),
        };
        ServeMetrics.Refused(reason);
        return new() { Refused = refusal };
    }

    // What fits by its limits is not kept out by what is held of it.
    private long WithHeld(long memory, long held) => memory > parts.Settings.Queue.MemoryBytes ? memory : Math.Min(memory + held, parts.Settings.Queue.MemoryBytes);
}

/// <summary>How a job was taken.</summary>
internal sealed record FrontTaking
{
    /// <summary>The job; null if it was refused.</summary>
    public ServerJob? Job { get; init; }

    /// <summary>Why it was refused.</summary>
    public FrontRefusal Refused { get; init; }

    /// <summary>What it asks for that this server does not give.</summary>
    public string Why { get; init; } = "";
}

/// <summary>Why a job was refused.</summary>
internal enum FrontRefusal
{
    /// <summary>It asks for what this server does not give.</summary>
    Forbidden,

    /// <summary>As many wait as may.</summary>
    Full,

    /// <summary>It asks for more memory than there is for all jobs together.</summary>
    NeverFits,

    /// <summary>The server is shutting down.</summary>
    Draining,
}
