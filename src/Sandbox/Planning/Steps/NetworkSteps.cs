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

    /// <summary>It is skipped on a kernel that lacks what it is about.</summary>
    public bool Optional { get; init; }

    /// <summary>It is nothing without the one before, and left out if that was skipped.</summary>
    public bool Follows { get; init; }

    public override Operation Operation => Operation.ConfigureNetwork;

    public override StepFields Fields => new(StepKind.Netlink)
    {
        Value0 = (ulong)Protocol,
        Flags = Optional ? StepFlags.Optional : StepFlags.None,
        Value3 = Follows ? 1ul : 0,
        Blob = Messages,
        BlobValue = 1,
    };

    public override string Describe() => What + (Optional ? " where the kernel has it" : Follows ? ", if that was done" : "");
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

/// <summary>What a job joins (native/launcher/plan.h, <c>enum join_what</c>), in the order of the descriptors.</summary>
[Flags]
internal enum JoinedNamespaces
{
    None = 0,

    /// <summary>The network namespace of a holder, beside which one is made for the job.</summary>
    Switch = 1,

    /// <summary>The network namespace of another job.</summary>
    Network = 2,

    /// <summary>The IPC namespace of another job.</summary>
    Ipc = 4,
}

/// <summary>
/// The job's network namespace is made inside the holder's user namespace, or that and the IPC namespace are another job's, before there is a pid 1: nobody of the job has a capability over what is
/// joined.
/// </summary>
/// <param name="Join">The name of the network, or of the job.</param>
/// <param name="HasUserNamespace">The holder has a user namespace of its own; as real root it has the caller's.</param>
internal sealed record JoinNetworkStep(string Join, bool HasUserNamespace) : PlanStep(PlanPhase.Identity, "/network/join")
{
    /// <summary>The first of its descriptors among those that go with the plan.</summary>
    public int First { get; init; }

    /// <summary>What is joined.</summary>
    public JoinedNamespaces What { get; init; } = JoinedNamespaces.Switch;

    /// <summary>Descriptors it brings: the holder's user namespace, and those that are joined.</summary>
    public int Descriptors => (HasUserNamespace ? 1 : 0) + int.PopCount((int)What);

    public override Operation Operation => Operation.JoinNetwork;

    public override StepFields Fields => new(StepKind.JoinNetwork) { Descriptor = First, Value0 = HasUserNamespace ? 1ul : 0, Value1 = (ulong)What };

    public override string Describe() => What.HasFlag(JoinedNamespaces.Switch)
        ? $"make the job's network namespace inside that of the network {Join}, over which the job has no capability{(What.HasFlag(JoinedNamespaces.Ipc) ? ", and join the IPC namespace of another job" : "")}"
        : $"join the network namespace {(What.HasFlag(JoinedNamespaces.Ipc) ? "and an IPC namespace of other jobs: " : "of the job ")}{Join}, over which the job has no capability";
}
