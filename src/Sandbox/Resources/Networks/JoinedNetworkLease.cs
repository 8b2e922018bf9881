using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Sandbox.Egress;
using Sandbox.Interop;
using Sandbox.Interop.Generated;
using Sandbox.Planning.Steps;
using Sandbox.Resources.Limits;

namespace Sandbox.Resources.Networks;

/// <summary>A job's place in a network of jobs: its address and name there, and the wire to the switch, which is laid while pid 1 waits.</summary>
internal sealed class JoinedNetworkLease : Lease
{
    private static readonly TimeSpan s_noticed = TimeSpan.FromMilliseconds(1);

    private readonly NetworkConnection? _holder;
    private readonly JoinedNetwork _network;
    private readonly IReadOnlyList<SafeFileHandle> _namespaces;
    private readonly Subnet _subnet;
    private readonly uint _address;
    private readonly int _mtu;
    private readonly SharedNamespaces _shared;
    private readonly Func<byte[], byte[]> _alter;
    private volatile bool _isLed = true;

    private JoinedNetworkLease(NetworkConnection? holder, JoinedNetwork network, NetworkAnswer? place, IReadOnlyList<SafeFileHandle> namespaces, SharedNamespaces shared, Func<byte[], byte[]>? alter = null, IDisposable? relay = null)
        : base(relay)
    {
        (_holder, _network, _namespaces) = (holder, network, namespaces);
        _subnet = place?.Subnet ?? Subnet.Usual;
        _address = place is { } given ? Subnet.NumberOf(given.Address) : 0;
        _mtu = place?.Mtu ?? Subnet.UsualMtu;
        Namespaces = KernelAbi.CLONE_NEWNET;
        _shared = shared;
        _alter = alter ?? (static rules => rules);
        var isIpcJoined = shared.Spec.Ipc.Container is not null;
        Steps = [new JoinNetworkStep(network.NetworkName, HasUserNamespace: namespaces.Count != (isIpcJoined ? 2 : 1)) { What = JoinedNamespaces.Switch | (isIpcJoined ? JoinedNamespaces.Ipc : 0) }, .. JobNetwork.NameServer];
        OnBarrier = new() { Name = "wire the network", Origin = "/network/join", Run = Wire, IsWhole = network.Allow.Count > 0 ? () => _isLed : null };
    }

    /// <inheritdoc/>
    public override IReadOnlyList<SafeFileHandle> Descriptors => _namespaces;

    /// <summary>Takes a place in the network. The draft's job has its address from then on.</summary>
    /// <exception cref="SandboxException">There is no such network, or it has no such place.</exception>
    public static JoinedNetworkLease Acquire(JobDraft draft, HostResources host, JoinedNetwork network)
    {
        var holder = Connect(network);
        try
        {
            var place = holder.Ask(new(NetworkAsk.Join) { Name = network.Name, Address = Wanted(network), Flags = network.Isolated ? NetworkFlags.Isolated : NetworkFlags.None }, out var namespaces)
                ?? throw Missing(network.NetworkName);
            if (place.Error != 0)
            {
                throw Refused(network, place);
            }

            var shared = new SharedNamespaces(draft.Job.Spec, network, draft.Id);
            if (draft.Job.Spec.Ipc.Container is { } other)
            {
                namespaces = [.. namespaces, .. OtherJobs.Ipc(holder, other)];
            }

            draft.Job = draft.Job with { Spec = draft.Job.Spec with { Network = network with { Address = place.Address.ToString() } } };
            // The place is free once every process of the job is dead: who has the result may have another job take it, before pid 1 is gone and the lease is given back.
            draft.Egress = new(EgressList.Of(network), draft.Asked, host.Resolver, host.Redial, TimeProvider.System) { Neighbours = name => Find(holder, name), Stopped = () => shared.End(holder) };
            return new(holder, network, place, namespaces, shared, host.AlterRules, draft.Egress);
        }
        catch
        {
            holder.Dispose();
            throw;
        }
    }

    /// <summary>The same, which takes nothing of this host.</summary>
    public static Lease Of(JobSpec spec, JoinedNetwork network) => new JoinedNetworkLease(null, network, null, [], new(spec, network, null));

    /// <inheritdoc/>
    public override EnforcementFacts Holds(EnforcementFacts facts) => facts with { SocketsSeen = true, HasEgress = _network.Allow.Count > 0 };

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
        _shared.End(_holder);
    }

    private static IPAddress? Wanted(JoinedNetwork network) => network.Address is { } address ? IPAddress.Parse(address) : null;

    private static NetworkConnection Connect(JoinedNetwork network)
    {
        using var place = NetworkPlace.Open();
        return place.Connect(network.NetworkName) ?? throw Missing(network.NetworkName);
    }

    // What is no label is nobody's name.
    private static IPAddress? Find(NetworkConnection holder, string name) =>
        name.Length <= NetworkQuestion.LongestName && holder.Ask(new(NetworkAsk.Find) { Name = name }) is { Error: 0 } found ? found.Address : null;

    private static SandboxException Missing(string name) => new($"there is no network {name}") { Operation = Operation.FindNetwork, Errno = "ENOENT", Pointer = "/network/join" };

    private static SandboxException Refused(JoinedNetwork network, NetworkAnswer answer)
    {
        var (message, pointer) = -answer.Error switch
        {
            -Errno.EEXIST => ($"another job of the network {network.NetworkName} is called {network.Name}", "/network/name"),
            -Errno.EADDRINUSE => ($"another job of the network {network.NetworkName} has the address {network.Address}", "/network/address"),
            -Errno.EADDRNOTAVAIL => ($"{network.Address} is no address for a job in the network {network.NetworkName}, which is {answer.Subnet}", "/network/address"),
            -Errno.ENOSPC => ($"the network {network.NetworkName} has as many jobs as it has addresses", "/network/join"),
            _ => ($"the network {network.NetworkName} cannot be joined", "/network/join"),
        };
        return new(message) { Operation = Operation.UseNetwork, Errno = Errno.Name(answer.Error), Pointer = pointer };
    }

    private void Wire(BarrierDescriptors given, CancellationToken cancellationToken)
    {
        if (given is not { Network: { } network, Switch: { } wires, Routes: { } routes })
        {
            throw new SandboxException("no descriptor of the job's network for the host's part of the set-up") { Operation = Operation.AwaitHost, Errno = "EMFILE" };
        }

        _ = NetlinkSocket.Send(wires, SwitchMessages.NoPort(_subnet, _address));
        Check(NetlinkSocket.Send(wires, SwitchMessages.Port(_subnet, _address, _mtu, network)), "make the job's eth0 and its port of the switch");
        Check(NetlinkSocket.Send(wires, SwitchMessages.PortRules(_subnet, _address, _network.Isolated)), "have the switch treat the job's port as it should");
        Check(NetlinkSocket.Send(routes, SwitchMessages.Inside(_subnet, _address)), "give the job's eth0 its address");
        Forward(wires, cancellationToken);
        if (_network.Allow.Count > 0)
        {
            _isLed = TryRedirect(given.Filter, routes);
        }

        _shared.Tell(_holder!, given, SwitchMessages.NoPort(_subnet, _address));
        if (_holder!.Ask(new(NetworkAsk.Ready)) is not { Error: 0 })
        {
            throw Missing(_network.NetworkName);
        }
    }

    // Only for a port with a carrier (br_set_port_state, net/bridge/br_stp.c), of which the kernel takes notice a little after the job's side is up (linkwatch_event,
    // net/core/link_watch.c). The limit is the barrier's.
    private void Forward(SafeFileHandle wires, CancellationToken cancellationToken)
    {
        int error;
        while ((error = NetlinkSocket.Send(wires, SwitchMessages.Forward(_subnet, _address))) == -Errno.ENETDOWN)
        {
            _ = cancellationToken.WaitHandle.WaitOne(s_noticed);
            cancellationToken.ThrowIfCancellationRequested();
        }

        Check(error, "let the switch forward for the job");
    }

    // The rules before the route. Without IPv6 nothing is lost: without the route, none of its addresses is reached. Nor is where nothing is led to the host: without a route nothing
    // but the network is reached, and the job is told of a proxy (Planning/Proxies.cs).
    private bool TryRedirect(SafeFileHandle? filter, SafeFileHandle routes)
    {
        if (filter is null || NetlinkSocket.Send(filter, _alter(EgressRules.Redirect(AddressFamily.InterNetwork, _subnet))) < 0)
        {
            return false;
        }

        Check(NetlinkSocket.Send(routes, EgressRules.Route(AddressFamily.InterNetwork, isLast: true)), "make every other address one of the job's own loopback");
        if (NetlinkSocket.Send(filter, _alter(EgressRules.Redirect(AddressFamily.InterNetworkV6))) == 0)
        {
            _ = NetlinkSocket.Send(routes, EgressRules.Route(AddressFamily.InterNetworkV6));
        }

        return true;
    }

    private void Check(int error, string what)
    {
        if (error < 0)
        {
            throw new SandboxException($"cannot {what} in the network {_network.NetworkName}") { Operation = Operation.WireNetwork, Errno = Errno.Name(-error), Pointer = "/network/join" };
        }
    }
}
