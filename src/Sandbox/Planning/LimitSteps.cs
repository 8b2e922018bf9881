using Sandbox.Interop;
using Sandbox.Planning.Steps;

namespace Sandbox.Planning;

/// <summary>The limits the kernel holds on each process: one step for every row of <see cref="RlimitTable"/>.</summary>
/// <remarks>
/// None of them follows from the limit on memory. RLIMIT_DATA and RLIMIT_AS count what is reserved, and many programs reserve far more
/// than they use (sanitizers, Java, SBCL, stacks of threads): neither can stand in for a limit on what is touched.
/// </remarks>
internal sealed class LimitSteps(ResourceLimits limits, HostRlimits host, CgroupPlacement cgroup)
{
    // fork(2) asks the rlimit first: were it as low as pids.max, the group would never see what it refuses.
    private const int TasksToSpare = 8;

    public void AddTo(List<PlanStep> steps)
    {
        foreach (var row in RlimitTable.Rows)
            steps.Add(new RlimitStep(row.Resource, Hard(row), row.Origin) { Soft = Soft(row) });
    }

    // No limit is more than the host's (setrlimit(2): raising the hard one needs CAP_SYS_RESOURCE).
    private ulong Hard(RlimitRow row)
    {
        if (row.Value(limits) is not { } wanted)
            return host[row.Resource];

        var spare = row.Resource == Rlimit.Nproc && cgroup.HoldsProcesses ? TasksToSpare : 0;
        return Math.Min((ulong)(wanted + spare), host[row.Resource]);
    }

    // A program that asks for no stack has the caller's, and may raise it as the caller's programs may.
    private ulong Soft(RlimitRow row) =>
        row.Resource == Rlimit.Stack && limits.StackBytes is null ? Math.Min(host.SoftStack, Hard(row)) : Hard(row);
}
