namespace Sandbox.Host;

/// <summary>The cause of a failure on this host, and the exact command or setting that removes it.</summary>
internal sealed record Remedy
{
    /// <summary>What stands in the way.</summary>
    public required string Blocker { get; init; }

    /// <summary>Command or configuration line to copy; alternatives on lines of their own.</summary>
    public required string Fix { get; init; }

    /// <summary>Both in one line, for <c>error.hint</c>.</summary>
    public string ToHint() => $"{Blocker}; fix: {Fix.Replace("\n", ", or: ", StringComparison.Ordinal)}";
}
