namespace Sandbox.Policies;

/// <summary>An action for some calls, on conditions that all have to hold.</summary>
internal sealed record PolicyRule
{
    public required IReadOnlyList<PolicyWord> Calls { get; init; }

    public required IReadOnlyList<PolicyCondition> When { get; init; }

    /// <summary>The rule is one of the policy only in variants that have all of this.</summary>
    public PolicyVariant Only { get; init; }

    public required PolicyWord Action { get; init; }
}
