namespace Sandbox.Execution;

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
            return null;
        var over = clock.GetElapsedTime(_from) - free;
        var pause = clock.GetElapsedTime(lastTaken);
        var counted = over < pause ? over : pause;
        var left = Pause - counted < Most - over ? Pause - counted : Most - over;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
