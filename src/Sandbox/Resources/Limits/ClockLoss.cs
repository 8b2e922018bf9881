using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

/// <summary>Finds out that no task of a living job has the clock any more.</summary>
/// <remarks>
/// execve of a file that may not be read takes the clock off the process, and off all that it starts (perf_event_exit_task in
/// begin_new_exec, fs/exec.c). The kernel tells only of the last task: the clock hangs up (perf_poll, kernel/events/core.c). Where
/// others still have it, no comparison shows the loss: the clock also leaves out the last 50 microseconds of every
/// process, which its rusage has.
/// </remarks>
internal sealed class ClockLoss(SafeFileHandle? clock)
{
    private int _signs;

    /// <summary>The job went on without the clock.</summary>
    public bool IsCertain { get; private set; }

    /// <summary>To be asked before a look at the tree.</summary>
    public bool HasHungUp()
    {
        if (clock is null || IsCertain)
            return false;

        Span<PollEntry> entry = [new() { Descriptor = clock.DangerousGetHandle().ToInt32() }];
        return Libc.Poll(entry, TimeSpan.Zero) > 0 && (entry[0].Ready & PollEntry.HungUp) != 0;
    }

    /// <summary>Takes what a look has found.</summary>
    /// <param name="hasHungUp">No task had the clock before the look.</param>
    /// <param name="isAlive">The look found a process that has not ended.</param>
    public void Add(bool hasHungUp, bool isAlive)
    {
        // A process that is just ending has no clock either; it has ended by the next look.
        _signs = hasHungUp && isAlive ? _signs + 1 : 0;
        IsCertain |= _signs > 1;
    }
}
