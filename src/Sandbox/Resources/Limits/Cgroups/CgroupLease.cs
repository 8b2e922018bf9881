using Microsoft.Win32.SafeHandles;

namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>The control groups of a job, until those of the next one are made in their place.</summary>
internal sealed class CgroupLease : Lease
{
    private readonly CgroupHost _host;
    private readonly JobCgroup _group;
    private IReadOnlyList<SafeFileHandle> _descriptors;

    private CgroupLease(CgroupHost host, JobCgroup group, IReadOnlyList<SafeFileHandle> descriptors) =>
        (_host, _group, _descriptors) = (host, group, descriptors);

    /// <summary>Groups with the job's limits set and read back; null on a host without.</summary>
    public static Lease? Acquire(JobDraft draft, HostResources host, CancellationToken cancellationToken)
    {
        // As many tasks as it asked for: the host's limit is on those of the whole account, and holds beside the group's.
        var limits = draft.Job.Spec.Limits with { Processes = draft.Asked.Processes };
        var groups = host.Cgroups;
        if (groups.Lease(new() { Limits = limits, Cpus = draft.Cpus, Network = draft.Job.Spec.Network }) is not { } group)
        {
            return null;
        }

        try
        {
            var joins = draft.LeasedId is not null;
            var lease = new CgroupLease(groups, group, group.OpenDescriptors(joins));
            draft.Cgroup = group;
            draft.Context = draft.Context with { Cgroup = group.Placement(joins) };
            return lease;
        }
        catch
        {
            groups.Return(group);
            throw;
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<SafeFileHandle> Descriptors => _descriptors;

    /// <inheritdoc/>
    public override EnforcementFacts Holds(EnforcementFacts facts) => facts with { Cgroup = CgroupHolds.Of(_group) };

    /// <inheritdoc/>
    public override void HandedOver()
    {
        foreach (var descriptor in _descriptors)
        {
            descriptor.Dispose();
        }

        _descriptors = [];
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        HandedOver();
        _host.Return(_group);
        base.Dispose();
    }
}
