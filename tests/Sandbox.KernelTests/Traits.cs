namespace Sandbox.KernelTests;

/// <summary>The traits by which tests/run.sh leaves out what cannot run in one of its passes.</summary>
/// <remarks>
/// Two more are written out at the classes: <c>limits=true</c>, what must hold whatever enforces the limits, and
/// <c>limits=scope</c>, the part of it that depends on how the control groups were come by.
/// </remarks>
internal static class Traits
{
    public static IReadOnlyCollection<KeyValuePair<string, string>> Of(Needs needs)
    {
        if (needs.HasFlag(Needs.Root))
            return [new("needs", "root")];
        return needs.HasFlag(Needs.Unprivileged) ? [new("as", "unprivileged")] : [];
    }
}
