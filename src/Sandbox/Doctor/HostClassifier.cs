using Sandbox.Host;

namespace Sandbox.Doctor;

/// <summary>Facts and probe results to report; pure, so that hosts we do not have can be tested.</summary>
internal static class HostClassifier
{
    // mount_setattr 5.12, overlay in user namespaces 5.11, cgroup.kill 5.14: below it nobody tests.
    private static readonly Version s_baseline = new(5, 14);

    // LANDLOCK_ACCESS_FS_REFER (landlock(7), "Previous limitations").
    private static readonly Version s_refer = new(5, 19);

    private const string InhabitedNote = "; every process in it, this one too, moves one level down when the first job starts";

    private const string SoftMemory = "memory held by the kernel; rlimits and a watchdog hold it, and \"require\" refuses";

    private const string SoftLimits =
        "memory and CPU time held by the kernel; rlimits and a watchdog hold them, and \"require\" refuses";

    /// <summary>Builds the list of requirements.</summary>
    public static HostReport Classify(HostFacts facts, IReadOnlyList<ProbeResult> results, CgroupTrial cgroup)
    {
        var byProbe = results.ToDictionary(result => result.Probe);
        return new HostReport
        {
            Kernel = facts.KernelRelease,
            Uid = facts.Uid,
            Container = facts.Container,
            WslVersion = facts.WslVersion,
            Requirements =
            [
                Kernel(facts),
                .. HostRequirementNeeds.All.Select(need => Missed(Tried(need, byProbe, facts), need, cgroup, facts)),
                Cgroup(facts, cgroup),
                // Real root maps any range itself.
                Optional("subordinate ids",
                    facts.RealRoot || (facts.HasSubuid && facts.HasSubgid && facts.HasNewuidmap),
                    "\"subids\": jobs with more than one id, and so package managers and image files of several owners", FeatureRemedies.Subids(facts)),
                Optional("libseccomp", facts.HasLibSeccomp,
                    "seccomp policies of your own; the built-in ones need no library", FeatureRemedies.LibSeccomp),
                Optional("supplementary groups", facts.DangerousGroups.Count == 0,
                    "some isolation: host files and sockets of these groups are open to jobs that see them",
                    FeatureRemedies.Groups(facts)),
            ],
        };
    }

    private static HostRequirement Kernel(HostFacts facts)
    {
        var old = facts.KernelVersion < s_baseline;
        var kernel = new HostRequirement
        {
            Name = "kernel",
            State = old ? RequirementState.Degraded : RequirementState.Ok,
            IsRequired = false,
            Detail = facts.KernelRelease,
            Loses = old ? "the tested range, which begins with 5.14" : "",
        };
        return old ? Explained(kernel, FeatureRemedies.OldKernel(facts, s_baseline)) : kernel;
    }

    private static HostRequirement Tried(RequirementNeed need, Dictionary<HostProbe, ProbeResult> results, HostFacts facts)
    {
        if (!results.TryGetValue(need.Probe, out var result))
        {
            return Failed(need) with { Detail = "not tried" };
        }

        if (result.Error == 0)
        {
            var detail = result.Probe == HostProbe.Landlock ? $"ABI {result.Value}" : "";
            return new HostRequirement { Name = need.Name, State = RequirementState.Ok, IsRequired = need.Required, Detail = detail };
        }

        // One cause is told once: what needs a requirement that is not met says so and no more.
        if (FailedFooting(need, results) is { } footing)
        {
            return Failed(need) with { Detail = $"{result.ErrorName}, needs: {footing}", Needs = footing };
        }

        return Explained(Failed(need) with { Detail = result.ErrorName }, Diagnosis.For(need.Probe, result.ErrorName, facts));
    }

    // What nobody can miss on this host is no complaint; what works and is of no use is one.
    private static HostRequirement Missed(HostRequirement requirement, RequirementNeed need, CgroupTrial trial, HostFacts facts) => need.Probe switch
    {
        HostProbe.PerfTaskClock when requirement.State != RequirementState.Ok && trial is { Problem: null, Place.CpuTimeBy: not null } => requirement with
        {
            State = RequirementState.Ok,
            Detail = $"not needed, control groups count CPU time ({requirement.Detail})",
            Loses = "",
            Blocker = null,
            Fix = null,
        },
        HostProbe.Landlock when requirement is { State: RequirementState.Ok, Detail: "ABI 1" } => Explained(
            requirement with
            {
                State = RequirementState.Degraded,
                Detail = "ABI 1, which is not used: it forbids to move files from one directory to another",
                Loses = need.Loses,
            },
            FeatureRemedies.OldKernel(facts, s_refer)),
        _ => requirement,
    };

    private static HostRequirement Failed(RequirementNeed need) => new()
    {
        Name = need.Name,
        State = need.Required ? RequirementState.Missing : RequirementState.Degraded,
        IsRequired = need.Required,
        Loses = need.Loses,
    };

    private static string? FailedFooting(RequirementNeed need, Dictionary<HostProbe, ProbeResult> results)
    {
        string? lowest = null;
        for (var footing = need.Needs; footing is not null;)
        {
            var below = HostRequirementNeeds.Of(footing.Value);
            if (results.TryGetValue(below.Probe, out var result) && result.Error != 0)
            {
                lowest = below.Name;
            }

            footing = below.Needs;
        }

        return lowest;
    }

    private static HostRequirement Cgroup(HostFacts facts, CgroupTrial trial)
    {
        var requirement = new HostRequirement { Name = "control groups", State = RequirementState.Ok, IsRequired = false };
        if (trial.HoldsMemory)
        {
            return requirement with { Detail = trial.Place.Why[^1] + (trial.Place.IsInhabited ? InhabitedNote : "") };
        }

        if (trial.IsNamed)
        {
            return Explained(
                requirement with { State = RequirementState.Degraded, Detail = trial.Problem ?? trial.Place.Why[^1], Loses = SoftLimits },
                trial.Problem is null ? null : CgroupRemedies.Named(trial.Problem));
        }

        return Explained(
            requirement with
            {
                State = RequirementState.Degraded,
                Detail = trial.Problem ?? trial.Place.Why[^1],
                Loses = trial.Place.CpuTimeBy is null ? SoftLimits : SoftMemory,
            },
            trial.Place is { Version2: not null, Version2Controllers: [] } && facts.HasSystemd ? CgroupRemedies.NoControllers : CgroupRemedies.Undelegated(facts));
    }

    private static HostRequirement Optional(string name, bool works, string loses, Remedy remedy)
    {
        var requirement = new HostRequirement
        {
            Name = name,
            State = works ? RequirementState.Ok : RequirementState.Degraded,
            IsRequired = false,
            Loses = works ? "" : loses,
        };
        return works ? requirement : Explained(requirement, remedy);
    }

    private static HostRequirement Explained(HostRequirement requirement, Remedy? remedy) =>
        requirement with { Blocker = remedy?.Blocker, Fix = remedy?.Fix };
}
