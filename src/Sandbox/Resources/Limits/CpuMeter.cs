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
    public void Look(TimeSpan? limit)
    {
        _ = limit;
        group.Look();
        Cpu = Less(group.Total, setup.Cpu);
        User = Less(group.User, setup.User);
    }

    /// <summary>Reads it for the last time: nothing runs any more, and nothing is outstanding.</summary>
    public void LookAtEnd() => Look(null);

    private static TimeSpan Less(TimeSpan total, TimeSpan before) => total > before ? total - before : TimeSpan.Zero;
}
