namespace Sandbox.Policies;

/// <summary>Every combination that built-in policies are compiled for.</summary>
internal static class PolicyVariants
{
    public static IReadOnlyList<PolicyVariant> All { get; } =
        [.. Enumerable.Range(0, 1 + (int)(PolicyVariant.Devices | PolicyVariant.OwnNetwork | PolicyVariant.NoNetwork)).Select(bits => (PolicyVariant)bits)
            .Where(variant => !variant.HasFlag(PolicyVariant.NoNetwork) || variant.HasFlag(PolicyVariant.OwnNetwork))];
}
