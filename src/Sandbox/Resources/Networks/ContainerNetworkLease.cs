using Microsoft.Win32.SafeHandles;
using Sandbox.Interop.Generated;
using Sandbox.Planning.Steps;
using Sandbox.Resources.Limits;

namespace Sandbox.Resources.Networks;

/// <summary>The network namespace of another job, and its IPC namespace if that is wanted. Nothing is made, and nothing is given back.</summary>
internal sealed class ContainerNetworkLease : Lease
{
    private readonly IReadOnlyList<SafeFileHandle> _namespaces;

    private ContainerNetworkLease(JobSpec spec, ContainerNetwork network, IReadOnlyList<SafeFileHandle> namespaces)
    {
        var what = JoinedNamespaces.Network | (spec.Ipc.Container is null ? 0 : JoinedNamespaces.Ipc);
        _namespaces = namespaces;
        Namespaces = KernelAbi.CLONE_NEWNET;
        Steps = [new JoinNetworkStep(network.Container, HasUserNamespace: namespaces.Count != int.PopCount((int)what)) { What = what }];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<SafeFileHandle> Descriptors => _namespaces;

    /// <summary>Finds the job. The draft's job has its address in /etc/hosts from then on.</summary>
    /// <exception cref="SandboxException">There is no such job, or it shares nothing.</exception>
    public static Lease Acquire(JobDraft draft, ContainerNetwork network)
    {
        var spec = draft.Job.Spec;
        var namespaces = OtherJobs.Network(network.Container, spec.Ipc.Container, out var owner);
        draft.Job = draft.Job with { Spec = spec with { Network = network with { Owner = owner } } };
        return new ContainerNetworkLease(spec, network, namespaces);
    }

    /// <summary>The same, which takes nothing of this host.</summary>
    public static Lease Of(JobSpec spec, ContainerNetwork network) => new ContainerNetworkLease(spec, network, []);

    // Those of the other job count, too: what is sent from one to the other would otherwise count for neither.
    /// <inheritdoc/>
    public override EnforcementFacts Holds(EnforcementFacts facts) => facts with { SocketsSeen = true };

    /// <inheritdoc/>
    public override void HandedOver()
    {
        foreach (var handle in _namespaces)
        {
            handle.Dispose();
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        HandedOver();
    }
}
