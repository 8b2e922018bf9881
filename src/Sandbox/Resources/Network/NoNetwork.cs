using Sandbox.Interop.Generated;
using Sandbox.Planning;

namespace Sandbox.Resources.Network;

/// <summary>A network namespace in which nothing is up.</summary>
internal sealed class NoNetwork : IJobResource
{
    public ulong Namespaces => KernelAbi.CLONE_NEWNET;

    public IReadOnlyList<PlanStep> Steps => [];

    public void Dispose()
    {
    }
}
