using Sandbox.Server.Queue;
using Sandbox.Server.Trust;

namespace Sandbox.Server.Jobs;

/// <summary>How a request to run a job was taken.</summary>
/// <param name="Job">The job; null if it was refused.</param>
/// <param name="Refusal">Why the queue did not take it.</param>
/// <param name="Conflicts">The same key has brought another job before.</param>
/// <param name="HasNoRoom">It is to outlive the server, and cannot be written.</param>
internal readonly record struct Acceptance(ServerJob? Job, QueueRefusal? Refusal, bool Conflicts, bool HasNoRoom = false);

/// <summary>A request to run a job.</summary>
internal sealed record JobRequest
{
    /// <summary>The job, within the trust boundary and the maxima.</summary>
    public required JobDocument Spec { get; init; }

    /// <summary>The limits that the server set.</summary>
    public IReadOnlyList<string> ChangedLimits { get; init; } = [];

    /// <summary>Holds what it names of the machine while it runs; null where it has the caller's own rights.</summary>
    public required Func<HeldPaths>? Held { get; init; }

    /// <summary>Whose it is: nobody else finds it.</summary>
    public required string Owner { get; init; }

    /// <summary>What it asks of the queue.</summary>
    public required QueueRequest Queue { get; init; }

    /// <summary>The caller's name for the request, under which it may ask again; null for none.</summary>
    public string? Key { get; init; }

    /// <summary>What "inherit" means for it; null for a job that cannot have that.</summary>
    public InheritedStreams? Inherited { get; init; }

    /// <inheritdoc cref="LiveControl.Readers"/>
    public Task? Readers { get; init; }

    /// <summary>Its result is kept for whoever asks later; not so where the caller waits on one connection.</summary>
    public bool IsKept { get; init; } = true;

    /// <summary>Somebody may ask for it on another connection, so it is to outlive the server, if that keeps anything.</summary>
    public bool IsDurable { get; init; }

    /// <summary>By which way it came, of few: <c>http</c> or <c>exec</c>.</summary>
    public string Source { get; init; } = "http";

    /// <summary>The bytes of the request.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }
}
