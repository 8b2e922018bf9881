using Sandbox.Resources.Limits.Cgroups;

namespace Sandbox.Doctor;

/// <summary>What became of an attempt to hold a job by control groups, as jobs would be held on this host.</summary>
internal sealed record CgroupTrial
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);
    private static readonly ResourceLimits s_limits = new() { MemoryBytes = 64 << 20, Processes = 8 };

    /// <summary>Where jobs would get theirs.</summary>
    public required ParentCgroups Place { get; init; }

    /// <summary>The user has named it, or has said none.</summary>
    public bool IsNamed { get; init; }

    /// <summary>What failed, in words; null if nothing did.</summary>
    public string? Problem { get; init; }

    /// <summary>The memory of a job would be held by the kernel.</summary>
    public bool HoldsMemory => Problem is null && Place.By("memory") is not null;

    /// <summary>Tries; makes a group and removes it again, but moves no process.</summary>
    /// <param name="named">Directories that the user has named, or null.</param>
    public static CgroupTrial Run(string? named)
    {
        var place = ParentCgroups.Nowhere([]);
        try
        {
            place = CgroupHost.Find(named);
            if (place.AsksSystemd)
            {
                return AskSystemd(place);
            }

            if (!place.IsInhabited)
            {
                Hold(place);
            }

            return new() { Place = place, IsNamed = named is { Length: > 0 } };
        }
        catch (SandboxException failure)
        {
            return new() { Place = place, IsNamed = named is { Length: > 0 }, Problem = $"{failure.Message}: {failure.Path} ({failure.Errno})" };
        }
    }

    private static CgroupTrial AskSystemd(ParentCgroups place) =>
        SystemdScope.TryReadVersion(s_patience, out var version, out var reason)
            ? new() { Place = place with { Why = [$"a scope of the systemd user manager (version {version})"] } }
            : new() { Place = place with { AsksSystemd = false }, Problem = "the systemd user manager does not answer: " + reason };

    private static void Hold(ParentCgroups place)
    {
        using var host = CgroupHost.Try(place);
        host.Close();
        if (host.Lease(new() { Limits = s_limits }) is { } group)
        {
            host.Return(group);
        }
    }
}
