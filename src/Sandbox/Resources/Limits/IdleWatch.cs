namespace Sandbox.Resources.Limits;

/// <summary>Notices when a tree makes no CPU progress.</summary>
internal sealed class IdleWatch(TimeSpan limit)
{
    // Timers of language runtimes wake a sleeping program and cost some CPU time for ever; that is no progress.
    private const double NoiseShare = 0.001;
    private static readonly TimeSpan s_noise = TimeSpan.FromMilliseconds(2);

    private TimeSpan _progressAt;
    private TimeSpan _progressCpu;

    /// <summary>How long there has been no progress, as of the last measurement.</summary>
    public TimeSpan Idle { get; private set; }

    /// <summary>The limit is reached.</summary>
    public bool IsReached => Idle >= limit;

    /// <summary>Notes a measurement.</summary>
    public void Add(TimeSpan now, TimeSpan cpu)
    {
        if (cpu - _progressCpu > s_noise + ((now - _progressAt) * NoiseShare))
            (_progressAt, _progressCpu) = (now, cpu);

        Idle = now - _progressAt;
    }

    /// <summary>Time until the limit is reached if nothing moves.</summary>
    public TimeSpan NextLook() => limit > Idle ? limit - Idle : TimeSpan.Zero;
}
