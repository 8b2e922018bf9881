namespace Sandbox.Policies;

/// <summary>An argument, masked, equals one of some values.</summary>
internal sealed record PolicyCondition
{
    /// <summary>Which argument, from 0.</summary>
    public required int Argument { get; init; }

    /// <summary>The bits to compare; null for all that the kernel looks at.</summary>
    public PolicyWord? Mask { get; init; }

    /// <summary>The values, one of which has to match.</summary>
    public required IReadOnlyList<PolicyWord> Values { get; init; }
}
