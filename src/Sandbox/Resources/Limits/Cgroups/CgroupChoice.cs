using Sandbox.Host;

namespace Sandbox.Resources.Limits.Cgroups;

// The best the host permits, found without configuration: named by the user; the caller's own subtree of version 2; a scope
// of its systemd user manager; version 1 directories it owns; version 2 without controllers; nothing. Pure: what is chosen
// follows from the facts, so that hosts we do not have can be tested.

/// <summary>Chooses where jobs get their control groups.</summary>
internal static class CgroupChoice
{
    /// <summary>The value of the option that switches control groups off.</summary>
    public const string Off = "none";

    private static readonly string[] s_version1 = ["memory", "pids", "cpuacct", "cpu", "cpuset"];

    /// <summary>Takes the best candidate that is usable.</summary>
    /// <param name="facts">The caller's groups, or the named ones.</param>
    /// <param name="systemd">Null if a systemd user manager can be asked, else why not.</param>
    public static ParentCgroups Choose(CgroupFacts facts, string? systemd)
    {
        var why = new List<string>();
        var version2 = facts.IsNamed ? Named(facts.Version2) : Subtree(facts.Version2, why);
        var version1 = Version1(facts.Version1);
        var isInhabited = version2 is { HasProcesses: true, IsRoot: false };
        var isHard = version2 is not null && version2.Controllers.Contains("memory");
        if (facts.IsNamed)
        {
            return Place(version2, version1, isInhabited, [$"named by the user: {string.Join(", ", Directories(version2, version1))}"]) with { IsNamed = true };
        }

        // A unit that systemd has not given away is its own to manage, and is taken only if there is no better.
        var isGiven = isHard && (!isInhabited || version2!.IsDelegated || !IsUnit(version2));
        if (!isGiven)
        {
            why.Add(systemd is null ? "a scope of the systemd user manager is asked for" : "no scope of a systemd user manager: " + systemd);
        }

        if (!isHard && version1.Count == 0)
        {
            why.Add(facts.Version1.Count == 0 ? "no version 1 hierarchies are mounted" : "none of the caller's version 1 groups is writable and of use");
        }

        why.Add(Summary(version2, version1, isHard));
        return Place(version2, version1, isInhabited, why) with { AsksSystemd = !isGiven && systemd is null };
    }

    private static CgroupDirectoryFacts? Named(IReadOnlyList<CgroupDirectoryFacts> groups) => groups.Count > 0 ? groups[0] : null;

    private static ParentCgroups Place(CgroupDirectoryFacts? version2, Dictionary<string, string> version1, bool isInhabited, List<string> why) => new()
    {
        Version2 = version2?.Directory,
        Version2Controllers = version2?.Controllers ?? [],
        IsInhabited = isInhabited,
        Version1 = version1,
        Why = why,
    };

    // The nearest one that is free; the caller's own, which it has to leave first, only if there is none.
    private static CgroupDirectoryFacts? Subtree(IReadOnlyList<CgroupDirectoryFacts> groups, List<string> why)
    {
        if (groups.Count == 0)
        {
            why.Add("version 2 is not mounted");
            return null;
        }

        foreach (var group in groups)
        {
            if (group.Writable && (group.IsRoot || (!group.HasProcesses && !IsOfSystemd(group))))
            {
                return group;
            }
        }

        if (groups[0].Writable && !IsOfSystemd(groups[0]))
        {
            return groups[0];
        }

        why.Add($"the caller's own group {groups[0].Directory} is {(groups[0].Writable ? "systemd's to manage" : "not writable")}");
        return null;
    }

    private static Dictionary<string, string> Version1(IReadOnlyList<CgroupDirectoryFacts> groups)
    {
        var directories = new Dictionary<string, string>();
        foreach (var group in groups.Where(group => group.Writable))
        {
            foreach (var controller in group.Controllers.Intersect(s_version1))
            {
                directories.TryAdd(controller, group.Directory);
            }
        }

        return directories;
    }

    private static string Summary(CgroupDirectoryFacts? version2, Dictionary<string, string> version1, bool isHard)
    {
        if (isHard)
        {
            var beside = version1.Keys.Where(controller => controller != "cpuacct").Except(version2!.Controllers).ToList();
            return $"version 2 at {version2.Directory}: {string.Join(' ', version2.Controllers)}" + (beside.Count == 0 ? "" : $"; version 1: {string.Join(' ', beside)}");
        }

        var words = new List<string>();
        if (version1.Count > 0)
        {
            words.Add($"version 1: {string.Join(' ', version1.Keys)}");
        }

        if (version2 is not null)
        {
            words.Add($"version 2 at {version2.Directory}" + (version2.Controllers.Count == 0 ? " without controllers: counts CPU time" : $": {string.Join(' ', version2.Controllers)}"));
        }

        return words.Count == 0 ? "no control groups: rlimits and a watchdog" : string.Join("; ", words);
    }

    private static IEnumerable<string> Directories(CgroupDirectoryFacts? version2, Dictionary<string, string> version1) =>
        (version2 is null ? [] : new[] { version2.Directory }).Concat(version1.Values.Distinct());

    // Its inner nodes: a manager is the only writer there (systemd.io/CGROUP_DELEGATION).
    private static bool IsOfSystemd(CgroupDirectoryFacts group) =>
        group.Name.EndsWith(".slice", StringComparison.Ordinal)
        || group.Name == "init.scope"
        || (group.Name.StartsWith("user@", StringComparison.Ordinal) && group.Name.EndsWith(".service", StringComparison.Ordinal));

    private static bool IsUnit(CgroupDirectoryFacts group) =>
        group.Name.EndsWith(".scope", StringComparison.Ordinal) || group.Name.EndsWith(".service", StringComparison.Ordinal);
}
