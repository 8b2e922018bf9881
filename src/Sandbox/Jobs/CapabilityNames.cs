namespace Sandbox.Jobs;

/// <summary>The names of <see cref="CapabilitySet"/> in a job, as in capabilities(7) without or with CAP_.</summary>
internal static class CapabilityNames
{
    private const string Prefix = "CAP_";

    private static readonly (string Name, CapabilitySet Value)[] s_names =
    [
        ("CHOWN", CapabilitySet.Chown),
        ("DAC_OVERRIDE", CapabilitySet.DacOverride),
        ("FOWNER", CapabilitySet.Fowner),
        ("SETGID", CapabilitySet.Setgid),
        ("SETUID", CapabilitySet.Setuid),
    ];

    /// <summary>Is taken and grants nothing: in a network of its own a job may listen on every port, and in the host's no capability of its own counts.</summary>
    public const string Unneeded = "NET_BIND_SERVICE";

    /// <summary>All of them, for messages.</summary>
    public static string All => string.Join(", ", s_names.Select(entry => entry.Name));

    /// <summary>The value of a name; <see cref="CapabilitySet.None"/> for one that no job is granted.</summary>
    public static CapabilitySet ValueOf(string name)
    {
        var bare = Bare(name);
        return Array.Find(s_names, entry => entry.Name == bare).Value;
    }

    /// <summary>Whether the name is that of <see cref="Unneeded"/>.</summary>
    public static bool IsUnneeded(string name) => Bare(name) == Unneeded;

    /// <summary>What is wrong with a name that grants nothing, or with a set that holds more than a job is granted.</summary>
    public static string Problem => $"no job is granted this; possible are {All}";

    /// <summary>Whether it holds nothing but what a job may be granted.</summary>
    public static bool IsGranted(CapabilitySet capabilities)
    {
        foreach (var (_, value) in s_names)
        {
            capabilities &= ~value;
        }

        return capabilities == CapabilitySet.None;
    }

    /// <summary>The names of what a set holds.</summary>
    public static string[] Of(CapabilitySet granted) => [.. s_names.Where(entry => (granted & entry.Value) != 0).Select(entry => entry.Name)];

    /// <summary>The same in a sentence.</summary>
    public static string Text(CapabilitySet granted) => string.Join(", ", Of(granted));

    private static string Bare(string name) => name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name;
}
