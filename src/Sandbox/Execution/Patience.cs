namespace Sandbox.Execution;

/// <summary>Times to wait for.</summary>
internal static class Waits
{
    /// <summary>The one that is over first; null for never.</summary>
    public static TimeSpan? Shorter(TimeSpan? one, TimeSpan? other) => one is null || other < one ? other : one;
}

/// <summary>How long the readers of a job's streams may take for what is left once the job is over.</summary>
/// <remarks>
/// A reader that looks for minutes at what a program wrote, such as a pager, gets it from every program, and from a job that ended by itself as
/// well. Where the job's time is over, by its wall time or because it was stopped, so is the reader's, but for a pause.
/// </remarks>
internal sealed class DeliveryPatience(TimeProvider clock)
{
    /// <summary>A reader that takes nothing for so long gets nothing more.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>Nor does one that takes longer than that over all of it.</summary>
    public static readonly TimeSpan Most = TimeSpan.FromSeconds(30);

    private long _from;
    private TimeSpan? _free;

    /// <summary>The job is over.</summary>
    /// <param name="free">The time that readers have before their pauses count; null for any.</param>
    public void Begin(TimeSpan? free)
    {
        _from = clock.GetTimestamp();
        _free = free;
    }

    /// <summary>Time until a reader has had its time; null for never.</summary>
    /// <param name="lastTaken">When it last took something, as a stamp of the clock.</param>
    public TimeSpan? Left(long lastTaken)
    {
        if (_free is not { } free)
        {
            return null;
        }

        var over = clock.GetElapsedTime(_from) - free;
        var pause = clock.GetElapsedTime(lastTaken);
        var counted = over < pause ? over : pause;
        var left = Pause - counted < Most - over ? Pause - counted : Most - over;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}

// The launcher holds the deadlines of its jobs, so that they hold while the host is paused. The other way round the host
// has one for each of its words: somebody may stop the launcher (SIGSTOP, a debugger, a frozen control group).

/// <summary>How long the host waits for the launcher's next word, and what it does then.</summary>
internal sealed class LauncherPatience(TimeProvider clock)
{
    /// <summary>The launcher is asked to end a job twice, by itself and by pid 1's death, and gives each five seconds (native/launcher/live.c).</summary>
    public static readonly TimeSpan Teardown = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan s_lag = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_untilEnd = TimeSpan.FromSeconds(2);

    private long _from;
    private TimeSpan? _within;
    private LauncherAction _next;

    /// <summary>Time until something is due; null if nothing is.</summary>
    public TimeSpan? Left => _within is not { } within ? null : Floor(within - clock.GetElapsedTime(_from));

    /// <summary>From now on a word is due within <paramref name="time"/>; null for some time.</summary>
    public void Expect(TimeSpan? time)
    {
        _from = clock.GetTimestamp();
        _within = time + s_lag;
        _next = LauncherAction.Continue;
    }

    /// <summary>What is to be done now. Each action is told once, and the next one if it did not help.</summary>
    public LauncherAction Due()
    {
        if (Left is not { } left || left > TimeSpan.Zero)
        {
            return LauncherAction.None;
        }

        var due = _next;
        _from = clock.GetTimestamp();
        _within = due switch
        {
            LauncherAction.Continue => Teardown + s_lag,
            LauncherAction.Kill => s_untilEnd,
            _ => null,
        };
        _next = due + 1;
        return due;
    }

    private static TimeSpan Floor(TimeSpan time) => time > TimeSpan.Zero ? time : TimeSpan.Zero;
}

/// <summary>Has one job ended, and sees to it that the launcher says what it owes: it is told to go on, killed, and given up in the end.</summary>
internal sealed class LauncherUrging
{
    private readonly Launcher _launcher;
    private readonly JobChannel _channel;
    private readonly LauncherPatience _patience = new(TimeProvider.System);
    private volatile bool _isTold;
    private bool _isEnding;

    /// <summary>From the moment in which the launcher was given the job.</summary>
    public LauncherUrging(Launcher launcher, JobChannel channel, TimeSpan setup)
    {
        (_launcher, _channel) = (launcher, channel);
        _patience.Expect(setup);
    }

    /// <summary>Time until something is due; null if nothing is.</summary>
    public TimeSpan? Left => _patience.Left;

    /// <summary>It had to be killed for what it owes to this job, which would be no better off with another one.</summary>
    public bool HasKilled { get; private set; }

    /// <summary>Ends the job at once. From any thread; its end is due once whoever waits for it has been woken.</summary>
    public void Kill()
    {
        _channel.Kill();
        _launcher.Continue();
        _isTold = true;
    }

    /// <summary>From now on a word is due within <paramref name="time"/>; null for some time.</summary>
    public void Expect(TimeSpan? time) => _patience.Expect(time);

    /// <summary>Does what is due; true once nothing more can be done.</summary>
    public bool HasGivenUp()
    {
        if (_isTold && !_isEnding)
        {
            _isEnding = true;
            _patience.Expect(LauncherPatience.Teardown);
        }

        switch (_patience.Due())
        {
            case LauncherAction.Continue:
                _launcher.Continue();
                break;
            case LauncherAction.Kill:
                HasKilled = true;
                _launcher.Kill();
                break;
            case LauncherAction.GiveUp:
                return true;
        }

        return false;
    }
}
