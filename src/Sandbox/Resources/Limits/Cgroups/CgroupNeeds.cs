using Sandbox.Host;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>What cannot do without: limits that only a controller holds, and places that the user has named.</summary>
internal static class CgroupNeeds
{
    /// <summary>Refuses limits that nothing on this host would hold: to ignore them would be silence.</summary>
    /// <exception cref="SandboxException">The first that nothing holds.</exception>
    public static void Check(ResourceLimits limits, ParentCgroups place)
    {
        if (limits.Cpus is not null && place.By("cpu") is null)
        {
            throw Missing("cpus", "cpu", place);
        }

        if (limits.CpuWeight is not null && place.By("cpu") is null)
        {
            throw Missing("cpuWeight", "cpu", place);
        }

        if (limits.MemoryHighBytes is not null && place.By("memory") != Mechanism.Cgroup2)
        {
            throw Missing("memoryHigh", "memory (version 2)", place);
        }

        if ((limits.IoReadBytes ?? limits.IoWriteBytes) is not null && place.By("io") != Mechanism.Cgroup2)
        {
            throw Missing(limits.IoReadBytes is null ? "ioWrite" : "ioRead", "io (version 2)", place);
        }
    }

    /// <summary>The groups that the user has named, if they can be used.</summary>
    /// <exception cref="SandboxException">One is no group, or not the caller's.</exception>
    public static CgroupFacts Usable(CgroupFacts facts)
    {
        if (facts.Unknown.Count > 0)
        {
            throw Unusable(facts.Unknown[0], "is no control group", "ENOENT");
        }

        if (facts.Version2.Count + facts.Version1.Count == 0)
        {
            throw Unusable("", "is none: the list is empty", "ENOENT");
        }

        foreach (var group in facts.Version2.Concat(facts.Version1))
        {
            if (!group.Writable)
            {
                throw Unusable(group.Directory, "cannot be divided by this user: it and its cgroup.procs have to be writable", "EACCES");
            }

            if (!group.IsReachable)
            {
                throw Unusable(group.Directory, "cannot be entered from here: cgroup.procs of the group above both has to be writable, so start the sandbox inside of what was delegated", "EACCES");
            }
        }

        return facts.Version2.Count <= 1 ? facts : throw Unusable(facts.Version2[1].Directory, "is a second one of version 2", "EINVAL");
    }

    private static SandboxException Missing(string limit, string controller, ParentCgroups place) =>
        new($"nothing on this host holds the limit {limit}: it needs the controller {controller}; {string.Join("; ", place.Why)}")
        {
            Operation = Operation.NeedController,
            Pointer = "/limits/" + limit,
        };

    private static SandboxException Unusable(string directory, string problem, string errno) =>
        new($"the control group named for jobs {problem}")
        {
            Operation = Operation.NameCgroup,
            Path = directory,
            Errno = errno,
        };
}

/// <summary>What a job asks of its control groups.</summary>
internal sealed record JobNeeds
{
    /// <summary>The limits.</summary>
    public required ResourceLimits Limits { get; init; }

    /// <summary>The processors; null for no choice.</summary>
    public CpuSet? Cpus { get; init; }

    /// <summary>What the job can send on.</summary>
    public Network Network { get; init; } = Network.None;
}
