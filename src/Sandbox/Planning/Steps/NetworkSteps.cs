using System.Net.Sockets;

namespace Sandbox.Planning.Steps;

/// <summary>Messages about the job's own network namespace, which pid 1 sends to the kernel (netlink(7)).</summary>
/// <param name="Protocol">Whom they are for: 0 for rtnetlink(7), 12 for netfilter.</param>
/// <param name="Messages">The messages.</param>
/// <param name="What">What they do, as <c>sandbox plan</c> prints it.</param>
internal sealed record NetlinkStep(int Protocol, ReadOnlyMemory<byte> Messages, string What) : PlanStep(PlanPhase.Host, "/network")
{
    public const int Route = 0;
    public const int Netfilter = 12;

    /// <summary>A kernel without IPv6 has nothing to be told about it.</summary>
    public bool Optional { get; init; }

    public override Operation Operation => Operation.ConfigureNetwork;

    public override StepFields Fields => new(StepKind.Netlink)
    {
        Value0 = (ulong)Protocol,
        Flags = Optional ? StepFlags.Optional : StepFlags.None,
        Blob = Messages,
        BlobValue = 1,
    };

    public override string Describe() => What + (Optional ? " where the kernel has it" : "");
}

/// <summary>A port of the job's own loopback that the host serves.</summary>
internal sealed record ListenStep(AddressFamily Family, SocketType Type, int Port, int Backlog) : PlanStep(PlanPhase.Host, "/network")
{
    public bool Optional { get; init; }

    public override Operation Operation => Operation.ListenInNetwork;

    public override StepFields Fields => new(StepKind.Listen)
    {
        Value0 = Family == AddressFamily.InterNetwork ? 2ul : 10ul,
        Value1 = Type == SocketType.Stream ? 1ul : 2ul,
        Value2 = (ulong)Port,
        Value3 = (ulong)Backlog,
        Flags = Optional ? StepFlags.Optional : StepFlags.None,
    };

    public override string Describe() =>
        $"listen on port {Port} of {(Family == AddressFamily.InterNetwork ? "127.0.0.1" : "::1")} ({(Type == SocketType.Stream ? "TCP" : "UDP")}) for the host{(Optional ? " where the kernel has it" : "")}";
}

/// <summary>The job's network namespace is made inside the holder's user namespace, before there is a pid 1: nobody of the job has a capability over it.</summary>
/// <param name="Join">The network's name.</param>
/// <param name="HasUserNamespace">The holder has a user namespace of its own; as real root it has the caller's.</param>
internal sealed record JoinNetworkStep(string Join, bool HasUserNamespace) : PlanStep(PlanPhase.Identity, "/network/join")
{
    /// <summary>The first of its descriptors among those that go with the plan.</summary>
    public int First { get; init; }

    /// <summary>Descriptors it brings: the holder's namespaces.</summary>
    public int Descriptors => HasUserNamespace ? 2 : 1;

    public override Operation Operation => Operation.JoinNetwork;

    public override StepFields Fields => new(StepKind.JoinNetwork) { Descriptor = First, Value0 = HasUserNamespace ? 1ul : 0 };

    public override string Describe() => $"make the job's network namespace inside that of the network {Join}, over which the job has no capability";
}
