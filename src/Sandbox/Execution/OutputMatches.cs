namespace Sandbox.Execution;

/// <summary>What a pattern found.</summary>
internal sealed record OutputMatches
{
    /// <summary>Paths below the root, sorted by their characters' numbers.</summary>
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>What matched but cannot be looked into.</summary>
    public required IReadOnlyList<OutputFailure> Failures { get; init; }
}
