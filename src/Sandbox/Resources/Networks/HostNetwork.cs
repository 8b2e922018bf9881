using Sandbox.Planning;

namespace Sandbox.Resources.Networks;

/// <summary>The host's network namespace, as it is.</summary>
internal sealed class HostNetwork : IJobResource
{
    public ulong Namespaces => 0;

    public IReadOnlyList<PlanStep> Steps => [];

    public void Dispose()
    {
    }
}
