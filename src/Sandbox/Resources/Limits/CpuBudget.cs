namespace Sandbox.Resources.Limits;

/// <summary>When the CPU budget has to be looked at next.</summary>
internal static class CpuBudget
{
    /// <summary>No look comes sooner than this: the scheduler's own figures are no finer.</summary>
    public static TimeSpan ShortestNap { get; } = TimeSpan.FromMilliseconds(1);

    /// <summary>The longest nap after which the budget cannot be overrun yet.</summary>
    /// <remarks>A tree on N CPUs burns at most N seconds per second.</remarks>
    public static TimeSpan NextLook(TimeSpan used, TimeSpan limit, int processors)
    {
        var nap = (limit - used) / processors;
        return nap > ShortestNap ? nap : ShortestNap;
    }
}
