using Sandbox.Doctor;
using Sandbox.Failures;
using Sandbox.Host;
using Sandbox.Resources.Limits.Cgroups;

namespace Sandbox.Tests.Host;

/// <summary>Hosts the tests speak of: facts as their files show them, answers as their kernels give them.</summary>
internal static class Hosts
{
    public static HostFacts Plain { get; } = new()
    {
        KernelRelease = "6.12.1-amd64",
        Uid = 1000,
        UserName = "ann",
        MaxUserNamespaces = 63000,
        PerfEventParanoid = 2,
        HasSubuid = true,
        HasSubgid = true,
        HasNewuidmap = true,
        HasLibSeccomp = true,
        HasSystemd = true,
        Cgroup = new CgroupFacts { Version2 = [Cgroups.Version2("/sys/fs/cgroup/user.slice/app.scope", "cpu", "memory", "pids")] },
    };

    public static HostFacts Root { get; } = Plain with { Uid = 0, RealRoot = true, HasRootRange = true, Capabilities = ~0UL };

    public static HostFacts Docker { get; } = Plain with
    {
        Container = ContainerKind.Docker,
        Filtered = true,
        AppArmorProfile = "docker-default (enforce)",
        CoveredProcPaths = ["/proc/acpi", "/proc/kcore"],
        ProcSysReadOnly = true,
    };

    /// <summary>Every probe works, but those named fail with the given error number.</summary>
    public static HostReport Report(HostFacts facts, params (HostProbe Probe, int Error)[] failures) =>
        HostClassifier.Classify(facts,
        [
            .. Enum.GetValues<HostProbe>().Select(probe => new ProbeResult
            {
                Probe = probe,
                Error = failures.FirstOrDefault(failure => failure.Probe == probe).Error,
                Value = 7,
            }),
        ], Trial(facts));

    /// <summary>Everything that is the caller's to divide can be divided.</summary>
    public static CgroupTrial Trial(HostFacts facts) => new() { Place = CgroupChoice.Choose(facts.Cgroup, "there is none") };

    /// <summary>All that stands on user namespaces fails with the error number.</summary>
    public static HostReport WithoutUserNamespaces(HostFacts facts, int error) =>
        Report(facts,
        [
            .. Enum.GetValues<HostProbe>().Where(HostRequirementNeeds.NeedsUserNamespace).Select(probe => (probe, error)),
        ]);

    public static HostRequirement Requirement(this HostReport report, string name) => report.Requirements.Single(requirement => requirement.Name == name);

    /// <summary>Who blocks it and how to change that.</summary>
    public static Remedy? Remedy(this HostRequirement requirement) =>
        requirement.Blocker is null ? null : new() { Blocker = requirement.Blocker, Fix = requirement.Fix! };
}
