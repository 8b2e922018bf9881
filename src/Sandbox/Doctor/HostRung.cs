using Sandbox.Host;

namespace Sandbox.Doctor;

/// <summary>One thing a job needs from the host, and what stands in its way.</summary>
internal sealed record HostRung
{
    /// <summary>What it is, in the user's words.</summary>
    public required string Name { get; init; }

    /// <summary>How it stands.</summary>
    public required RungState State { get; init; }

    /// <summary>Without it no job starts.</summary>
    public required bool Required { get; init; }

    /// <summary>The kernel's answer or the value found; empty if there is nothing to add.</summary>
    public string Detail { get; init; } = "";

    /// <summary>What is lost where this is not <see cref="RungState.Ok"/>; empty for a required rung.</summary>
    public string Loses { get; init; } = "";

    /// <summary>Who blocks it and how to change that; null when it works or the cause lies in another rung.</summary>
    public Remedy? Remedy { get; init; }
}
