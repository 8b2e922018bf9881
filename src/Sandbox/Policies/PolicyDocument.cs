namespace Sandbox.Policies;

/// <summary>One policy file as written: names are not looked up yet.</summary>
internal sealed record PolicyDocument
{
    /// <summary>The policy that this one changes, or null.</summary>
    public PolicyWord? Extends { get; init; }

    /// <summary>What calls get that nothing names; null: what the extended policy says, else ENOSYS.</summary>
    public PolicyWord? Unlisted { get; init; }

    /// <summary>Named groups of calls, the names with their <c>@</c>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<PolicyWord>> Groups { get; init; } =
        new Dictionary<string, IReadOnlyList<PolicyWord>>();

    /// <summary>Calls and groups that pass.</summary>
    public IReadOnlyList<PolicyWord> Allow { get; init; } = [];

    /// <summary>Calls and groups that are refused, by action.</summary>
    public IReadOnlyList<(PolicyWord Action, IReadOnlyList<PolicyWord> Calls)> Deny { get; init; } = [];

    /// <summary>Rules that may look at arguments.</summary>
    public IReadOnlyList<PolicyRule> Rules { get; init; } = [];
}
