namespace Sandbox.KernelTests;

/// <summary>The traits by which tests/run.sh leaves out what cannot run in one of its two passes.</summary>
internal static class Traits
{
    public static IReadOnlyCollection<KeyValuePair<string, string>> Of(Needs needs)
    {
        if (needs.HasFlag(Needs.Root))
            return [new("needs", "root")];
        return needs.HasFlag(Needs.Unprivileged) ? [new("as", "unprivileged")] : [];
    }
}
