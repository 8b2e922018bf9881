namespace Sandbox.Policies;

/// <summary>Every combination that built-in policies are compiled for.</summary>
internal static class PolicyVariants
{
    public static IReadOnlyList<PolicyVariant> All { get; } =
        [.. Enumerable.Range(0, 1 + (int)(PolicyVariant.Devices | PolicyVariant.OwnNetwork | PolicyVariant.NoNetwork)).Select(bits => (PolicyVariant)bits)
            .Where(variant => !variant.HasFlag(PolicyVariant.NoNetwork) || variant.HasFlag(PolicyVariant.OwnNetwork))];
}

/// <summary>
/// What a job file says that some rules of a policy depend on. A filter sees numbers only, so a policy is another program
/// for each combination.
/// </summary>
[Flags]
internal enum PolicyVariant
{
    /// <summary>The job names no device and has the host's network.</summary>
    None = 0,

    /// <summary>The job file names <c>devices</c>.</summary>
    Devices = 1,

    /// <summary>The job has a network namespace of its own.</summary>
    OwnNetwork = 2,

    /// <summary>The job has no network, which goes with <see cref="OwnNetwork"/>.</summary>
    NoNetwork = 4,
}
