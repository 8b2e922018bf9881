namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>Where the caller is now, or why it is still where it was.</summary>
internal sealed record ScopeAnswer
{
    /// <summary>The caller's new cgroup as <c>/proc/self/cgroup</c> names it; empty if there is none.</summary>
    public string Cgroup { get; init; } = "";

    /// <summary>Why there is none, in words; empty if there is one.</summary>
    public string Reason { get; init; } = "";

    /// <summary>The caller is in a scope of its own.</summary>
    public bool Entered => Cgroup.Length > 0;
}
