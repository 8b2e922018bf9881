using Sandbox.Egress;
using Sandbox.Images;
using Sandbox.Interop;
using Sandbox.Jobs;
using Sandbox.Planning;
using Sandbox.Planning.Steps;
using Sandbox.Ports;
using Sandbox.Resources.Limits;
using Sandbox.Resources.Limits.Cgroups;
using Sandbox.Store;

namespace Sandbox.Resources;

/// <summary>A job while what it needs is acquired: what each resource leaves for those after it, for the plan, and for whoever watches the job.</summary>
internal sealed class JobDraft(ValidJob job, PlanContext context)
{
    /// <summary>The job, with what its image says where it says nothing itself, and with no more than this host may give.</summary>
    public ValidJob Job { get; set; } = job;

    /// <summary>The limits it asks for.</summary>
    public ResourceLimits Asked { get; } = job.Spec.Limits;

    /// <summary>What its plan is to be made of.</summary>
    public PlanContext Context { get; set; } = context;

    /// <summary>The id that real root has given it; null where it runs under the caller's own.</summary>
    /// <remarks>It has no right to root's control groups: it is let in.</remarks>
    public uint? LeasedId => Context.ForeignIds ? Context.HostUid : null;

    /// <summary>It is for its plan alone, so that nothing is made for it.</summary>
    public bool IsForPlan { get; init; }

    /// <summary>Where it has the files from that it names by their digest; null for the host's store.</summary>
    public StoredFiles? Files { get; init; }

    /// <summary>The name of its run, for who lets others share something of it.</summary>
    public Func<string>? Id { get; init; }

    /// <summary>Its image; null without one.</summary>
    public StoredImage? Image { get; set; }

    /// <summary>The processors it may run on; null for no choice. A lease is the host's choice of what the job may choose from; it wins.</summary>
    public CpuSet? Cpus => Context.LeasedCpus ?? Job.Cpuset;

    /// <summary>Its control groups; null on a host without.</summary>
    public JobCgroup? Cgroup { get; set; }

    /// <summary>Where its writable overlays keep their changes on a disk; null where they are in memory.</summary>
    public UpperDisk? Uppers { get; set; }

    /// <summary>What keeps others from removing what it has: given back as soon as every process of the job is dead, and again, without effect, with the leases.</summary>
    public List<IDisposable> Reservations { get; } = [];

    /// <summary>Its way out; null where it has none, or the host's own.</summary>
    public EgressRelay? Egress { get; set; }

    /// <summary>The ports of the host that lead to it; null for none.</summary>
    public PortRelay? Ports { get; set; }

    /// <summary>Its overlays need a disk, and none of this host is fit.</summary>
    public bool LacksDisk { get; set; }

    /// <summary>Takes what a lease has the launcher do into the plan. All who wait for the host share one barrier.</summary>
    public void Take(Lease lease)
    {
        if (lease.Steps.Count > 0 || lease.Namespaces != 0)
        {
            Context = Context with { Given = [.. Context.Given, .. lease.Steps], Namespaces = Context.Namespaces | lease.Namespaces };
        }

        if (lease.OnBarrier is { } part)
        {
            Context = Context with { Given = [.. Context.Given, new BarrierStep(part.Origin) { HandsUpIpc = Job.Spec.Ipc.Shareable, MayLackPart = part.IsWhole is not null }] };
        }
    }

    /// <summary>What is known before anybody holds anything.</summary>
    public EnforcementFacts Facts() => new()
    {
        PerfAvailable = false,
        Ceilings = Context.Rlimits,
        Cpus = Cpus,
        ChangesIds = Job.ChangesIds,
    };
}
