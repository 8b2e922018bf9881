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

    /// <summary>All of them, for messages.</summary>
    public static string All { get; } = string.Join(", ", s_names.Select(entry => entry.Name));

    /// <summary>The value of a name; <see cref="CapabilitySet.None"/> for one that no job is granted.</summary>
    public static CapabilitySet ValueOf(string name)
    {
        var bare = name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name;
        return Array.Find(s_names, entry => entry.Name == bare).Value;
    }

    /// <summary>What a list of names grants.</summary>
    public static CapabilitySet ValueOf(IReadOnlyList<string> names)
    {
        var value = CapabilitySet.None;
        foreach (var name in names)
        {
            value |= ValueOf(name);
        }

        return value;
    }

    /// <summary>The names of what a set holds.</summary>
    public static string Text(CapabilitySet granted) =>
        string.Join(", ", s_names.Where(entry => (granted & entry.Value) != 0).Select(entry => entry.Name));
}

/// <summary>What a job may be granted in its inner user namespace, by the kernel's numbers (capabilities(7)); <c>PLAN_CAPABILITIES</c> of plan.h.</summary>
[Flags]
internal enum CapabilitySet : ulong
{
    None = 0,

    /// <summary>Give files to other ids of the job.</summary>
    Chown = 1 << 0,

    /// <summary>Pass over permissions of files that belong to ids of the job.</summary>
    DacOverride = 1 << 1,

    /// <summary>Act as the owner of such files.</summary>
    Fowner = 1 << 3,

    /// <summary>Become other groups of the job.</summary>
    Setgid = 1 << 6,

    /// <summary>Become other users of the job.</summary>
    Setuid = 1 << 7,
}
