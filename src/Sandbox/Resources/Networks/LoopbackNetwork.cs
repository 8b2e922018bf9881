using Sandbox.Interop.Generated;
using Sandbox.Planning;
using Sandbox.Planning.Steps;

namespace Sandbox.Resources.Networks;

/// <summary>A network namespace with its loopback device up.</summary>
internal sealed class LoopbackNetwork : IJobResource
{
    public ulong Namespaces => KernelAbi.CLONE_NEWNET;

    public IReadOnlyList<PlanStep> Steps { get; } = [new LoopbackStep(), new LookupsStep(OnDemand: false)];

    public void Dispose()
    {
    }
}
