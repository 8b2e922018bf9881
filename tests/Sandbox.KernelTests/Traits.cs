namespace Sandbox.KernelTests;

/// <summary>The traits by which tests/run.sh leaves out what cannot run in one of its passes.</summary>
/// <remarks>
/// Some are written out at the classes: <c>limits=true</c>, what must hold whatever enforces the limits,
/// <c>limits=scope</c>, the part of it that depends on how the control groups were come by, and
/// <c>as=any</c>: what waits long, mostly for time to pass, and is the same whoever runs it; root's pass leaves it out.
/// </remarks>
internal static class Traits
{
    public static IReadOnlyCollection<KeyValuePair<string, string>> Of(Needs needs)
    {
        var traits = new List<KeyValuePair<string, string>>();
        Add(Needs.Root, "needs", "root");
        Add(Needs.Unprivileged, "as", "unprivileged");
        Add(Needs.ControlGroups, "needs", "groups");
        Add(Needs.NamedGroup2, "needs", "group2");
        Add(Needs.Manager, "needs", "manager");
        Add(Needs.NativeKernel, "needs", "native");

        // The guest's kernel was built without nf_tables.
        Add(Needs.Redirect, "needs", "native");
        return traits;

        void Add(Needs need, string name, string value)
        {
            if (needs.HasFlag(need))
            {
                traits.Add(new(name, value));
            }
        }
    }
}
