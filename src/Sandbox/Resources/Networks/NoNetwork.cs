using Sandbox.Interop.Generated;
using Sandbox.Planning;
using Sandbox.Planning.Steps;

namespace Sandbox.Resources.Networks;

/// <summary>A network namespace in which nothing is up, and names are not found.</summary>
internal sealed class NoNetwork : IJobResource
{
    public ulong Namespaces => KernelAbi.CLONE_NEWNET;

    public IReadOnlyList<PlanStep> Steps { get; } = [new LookupsStep(OnDemand: true)];

    public void Dispose()
    {
    }
}
