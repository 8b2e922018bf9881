using System.Diagnostics;
using Sandbox.Interop.Generated;
using Sandbox.Planning.Steps;
using Sandbox.Resources.Limits;

namespace Sandbox.Resources.Networks;

/// <summary>The network that the job sees: a namespace of its own, or the host's.</summary>
internal sealed class JobNetwork : Lease
{
    private JobNetwork()
    {
    }

    /// <summary>The network of a job.</summary>
    public static Lease? Acquire(JobDraft draft, HostResources host, CancellationToken cancellationToken) => Of(draft.Job.Spec);

    /// <summary>The same, which takes nothing of this host.</summary>
    public static Lease Of(JobSpec spec) => spec.Network switch
    {
        NoNetwork => new JobNetwork { Namespaces = KernelAbi.CLONE_NEWNET, Steps = [new LookupsStep(OnDemand: true)] },
        LoopbackNetwork => new JobNetwork { Namespaces = KernelAbi.CLONE_NEWNET, Steps = [new LoopbackStep(), new LookupsStep(OnDemand: false)] },
        HostNetwork => new JobNetwork(),
        _ => throw new UnreachableException("a network without a resource"),
    };

    // The sockets of the host's network are not the job's alone.
    /// <inheritdoc/>
    public override EnforcementFacts Holds(EnforcementFacts facts) => facts with { SocketsSeen = Namespaces != 0 };
}
