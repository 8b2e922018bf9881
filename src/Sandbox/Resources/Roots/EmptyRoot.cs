using Sandbox.Planning;

namespace Sandbox.Resources.Roots;

/// <summary>Nothing but what every job gets; not even /etc.</summary>
internal sealed class EmptyRoot : IJobResource
{
    public ulong Namespaces => 0;

    public IReadOnlyList<PlanStep> Steps => [];

    public void Dispose()
    {
    }
}
