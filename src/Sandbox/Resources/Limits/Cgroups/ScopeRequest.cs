namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>What the scope is to be.</summary>
internal sealed record ScopeRequest
{
    /// <summary>What <c>systemctl --user status</c> says about it.</summary>
    public required string Description { get; init; }

    /// <summary>Slice of the user manager to put it in, such as <c>background.slice</c>; empty for the one it chooses.</summary>
    public string Slice { get; init; } = "";

    /// <summary>Processes that move along with the caller, by their numbers in the caller's PID namespace.</summary>
    public IReadOnlyList<int> OtherProcesses { get; init; } = [];

    /// <summary>How long the whole conversation may take, 5 s by default; a real one takes milliseconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);
}
