namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>Where jobs get their control groups on this host, as far as looking can tell; <see cref="CgroupHost"/> takes possession.</summary>
internal sealed record ParentCgroups
{
    // What a user manager has to hand on by default (user@.service, Delegate=).
    private static readonly string[] s_scope = ["memory", "pids", "cpu"];

    /// <summary>A host without.</summary>
    public static ParentCgroups Nowhere(IReadOnlyList<string> why) => new() { Why = why };

    /// <summary>Directory of version 2 in which groups are made; null for none.</summary>
    public string? Version2 { get; init; }

    /// <summary>Controllers it can hand on.</summary>
    public IReadOnlyList<string> Version2Controllers { get; init; } = [];

    /// <summary>Processes live in that directory itself, this one among them; they have to move to a leaf (cgroup-v2.rst, "No Internal Process Constraint").</summary>
    public bool IsInhabited { get; init; }

    /// <summary>The systemd user manager is to be asked for a scope first; what else is here is what remains if it refuses.</summary>
    public bool AsksSystemd { get; init; }

    /// <summary>Directories of version 1 in which groups are made, by controller.</summary>
    public IReadOnlyDictionary<string, string> Version1 { get; init; } = new Dictionary<string, string>();

    /// <summary>The user has named it: whatever fails there is an error, not a reason to look elsewhere.</summary>
    public bool IsNamed { get; init; }

    /// <summary>The candidates that were not taken and why, from the best; then the one that was.</summary>
    public IReadOnlyList<string> Why { get; init; } = [];

    /// <summary>What holds a control here; null for nothing.</summary>
    public Mechanism? By(string controller) => AsksSystemd && s_scope.Contains(controller) ? Mechanism.Cgroup2 : Version2Controllers.Contains(controller) ? Mechanism.Cgroup2 : Version1.ContainsKey(controller) ? Mechanism.Cgroup1 : null;

    /// <summary>What counts CPU time here: every group of version 2 does, with or without a controller.</summary>
    public Mechanism? CpuTimeBy => Version2 is not null || AsksSystemd ? Mechanism.Cgroup2 : Version1.ContainsKey("cpuacct") ? Mechanism.Cgroup1 : null;

    /// <summary>The place as it turned out when it was taken.</summary>
    public ParentCgroups Of(IReadOnlyList<CgroupBase> bases) => this with
    {
        Version2 = bases.FirstOrDefault(known => known.IsVersion2)?.Directory.Path,
        Version2Controllers = bases.FirstOrDefault(known => known.IsVersion2)?.Controllers ?? [],
        Version1 = bases.Where(known => !known.IsVersion2)
            .SelectMany(known => known.Controllers, (known, controller) => (controller, known.Directory.Path))
            .ToDictionary(pair => pair.controller, pair => pair.Path),
        AsksSystemd = false,
    };

    /// <summary>There is any.</summary>
    public bool Exists => Version2 is not null || Version1.Count > 0;
}
