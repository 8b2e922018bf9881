using System.Diagnostics;
using System.Net.Sockets;
using Sandbox.Egress;
using Sandbox.Interop.Generated;
using Sandbox.Planning;
using Sandbox.Planning.Steps;
using Sandbox.Resources.Limits;

namespace Sandbox.Resources.Networks;

/// <summary>The network that the job sees: a namespace of its own, or the host's.</summary>
internal sealed class JobNetwork : Lease
{
    /// <summary>Where the host answers questions about names, and takes connections that are led there. The ports are numbered in this order.</summary>
    public static IReadOnlyList<PlanStep> NameServer { get; } =
    [
        new ListenStep(AddressFamily.InterNetwork, SocketType.Stream, EgressRules.Port, EgressRelay.Backlog),
        new ListenStep(AddressFamily.InterNetwork, SocketType.Dgram, EgressRules.Port, 0),
        new ListenStep(AddressFamily.InterNetworkV6, SocketType.Stream, EgressRules.Port, EgressRelay.Backlog) { Optional = true },
        new ListenStep(AddressFamily.InterNetworkV6, SocketType.Dgram, EgressRules.Port, 0) { Optional = true },
    ];

    private readonly bool _hasEgress;

    private JobNetwork(IDisposable? held = null)
        : base(held)
    {
    }

    private JobNetwork(IDisposable? held, IReadOnlyList<PlanStep> egress)
        : base(held) => (_hasEgress, Namespaces, Steps) = (true, KernelAbi.CLONE_NEWNET, egress);

    /// <summary>The network of a job.</summary>
    public static Lease? Acquire(JobDraft draft, HostResources host, CancellationToken cancellationToken)
    {
        if (draft.Job.Spec.Network is JoinedNetwork joined)
        {
            return JoinedNetworkLease.Acquire(draft, host, joined);
        }

        if (draft.Job.Spec.Network is ContainerNetwork other)
        {
            return ContainerNetworkLease.Acquire(draft, other);
        }

        if (draft.Job.Spec.Network is not EgressNetwork egress)
        {
            return Of(draft.Job.Spec);
        }

        draft.Egress = new(EgressList.Of(egress), draft.Asked, host.Resolver, host.Redial, TimeProvider.System);
        return new JobNetwork(draft.Egress, host.AlterRules is { } alter ? EgressSteps.Of(alter) : EgressSteps.All);
    }

    /// <summary>The same, which takes nothing of this host.</summary>
    public static Lease Of(JobSpec spec) => spec.Network switch
    {
        NoNetwork => new JobNetwork { Namespaces = KernelAbi.CLONE_NEWNET, Steps = [new LookupsStep(OnDemand: true)] },
        LoopbackNetwork => new JobNetwork { Namespaces = KernelAbi.CLONE_NEWNET, Steps = [new LoopbackStep(), new LookupsStep(OnDemand: false)] },
        EgressNetwork => new JobNetwork(null, EgressSteps.All),
        JoinedNetwork joined => JoinedNetworkLease.Of(spec, joined),
        ContainerNetwork other => ContainerNetworkLease.Of(spec, other),
        HostNetwork => new JobNetwork(),
        _ => throw new UnreachableException("a network without a resource"),
    };

    // The sockets of the host's network are not the job's alone.
    /// <inheritdoc/>
    public override EnforcementFacts Holds(EnforcementFacts facts) => facts with { SocketsSeen = Namespaces != 0, HasEgress = _hasEgress };

    // Made for the first job that has a way out: messages of netlink take their time, and most jobs have none.
    private static class EgressSteps
    {
        public static IReadOnlyList<PlanStep> All { get; } = Of(static rules => rules);

        // Nothing is lost without IPv6: without the route, none of its addresses is reached. Nor is where nothing is led to the host: without a route of either nothing leaves the
        // namespace, and the job is told of a proxy (Planning/Proxies.cs).
        public static IReadOnlyList<PlanStep> Of(Func<byte[], byte[]> alter) =>
        [
            new LoopbackStep(),
            .. NameServer,
            new NetlinkStep(NetlinkStep.Netfilter, alter(EgressRules.Redirect(AddressFamily.InterNetwork)), "lead every TCP connection to the host, and refuse the rest,") { Optional = true },
            new NetlinkStep(NetlinkStep.Route, EgressRules.Route(AddressFamily.InterNetwork), "make every address one of the job's own loopback") { Follows = true },
            new NetlinkStep(NetlinkStep.Netfilter, alter(EgressRules.Redirect(AddressFamily.InterNetworkV6)), "the same for IPv6") { Optional = true },
            new NetlinkStep(NetlinkStep.Route, EgressRules.Route(AddressFamily.InterNetworkV6), "the same route for IPv6") { Optional = true, Follows = true },
        ];
    }
}
