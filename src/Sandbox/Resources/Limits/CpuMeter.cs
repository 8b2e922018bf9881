using Sandbox.Resources.Limits.Cgroups;

namespace Sandbox.Resources.Limits;

/// <summary>CPU time of a job from its control group, less what its set-up used there.</summary>
internal sealed class CpuMeter(CpuGroup group, TimeUsage setup)
{
    /// <summary>User and system time since execve.</summary>
    public TimeSpan Cpu { get; private set; }

    /// <summary>User time since execve.</summary>
    public TimeSpan User { get; private set; }

    /// <summary>Reads it.</summary>
    public void Look()
    {
        group.Look();
        Cpu = Less(group.Total, setup.Cpu);
        // The split is the scheduler's estimate (cputime_adjust, kernel/sched/cputime.c), and so is that of the set-up.
        var user = Less(group.User, setup.User);
        User = user < Cpu ? user : Cpu;
    }

    private static TimeSpan Less(TimeSpan total, TimeSpan before) => total > before ? total - before : TimeSpan.Zero;
}
