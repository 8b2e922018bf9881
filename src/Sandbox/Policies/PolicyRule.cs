namespace Sandbox.Policies;

/// <summary>An action for some calls, on conditions that all have to hold.</summary>
internal sealed record PolicyRule
{
    public required IReadOnlyList<PolicyWord> Calls { get; init; }

    public required IReadOnlyList<PolicyCondition> When { get; init; }

    public required PolicyWord Action { get; init; }
}
