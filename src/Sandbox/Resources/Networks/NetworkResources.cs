using Sandbox.Interop.Generated;
using Sandbox.Planning;
using Sandbox.Planning.Steps;

namespace Sandbox.Resources.Networks;

/// <summary>A network namespace in which nothing is up, and names are not found.</summary>
internal sealed class NetworkOff : IJobResource
{
    public ulong Namespaces => KernelAbi.CLONE_NEWNET;

    public IReadOnlyList<PlanStep> Steps { get; } = [new LookupsStep(OnDemand: true)];

    public void Dispose()
    {
    }
}

/// <summary>A network namespace with its loopback device up.</summary>
internal sealed class NetworkOfLoopback : IJobResource
{
    public ulong Namespaces => KernelAbi.CLONE_NEWNET;

    public IReadOnlyList<PlanStep> Steps { get; } = [new LoopbackStep(), new LookupsStep(OnDemand: false)];

    public void Dispose()
    {
    }
}

/// <summary>The host's network namespace, as it is.</summary>
internal sealed class NetworkOfHost : IJobResource
{
    public ulong Namespaces => 0;

    public IReadOnlyList<PlanStep> Steps => [];

    public void Dispose()
    {
    }
}
