using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
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

/// <summary>Notices when a tree makes no progress: uses no processor and writes nothing.</summary>
/// <param name="limit">For how long it may.</param>
/// <param name="written">How many bytes it has written to its streams; null if nobody counts.</param>
internal sealed class IdleWatch(TimeSpan limit, Func<long>? written = null)
{
    // Timers of language runtimes wake a sleeping program and cost some CPU time for ever; that is no progress.
    private const double NoiseShare = 0.001;
    private static readonly TimeSpan s_noise = TimeSpan.FromMilliseconds(2);

    private TimeSpan _progressAt;
    private TimeSpan _progressCpu;
    private long _progressWritten;

    /// <summary>How long there has been no progress, as of the last measurement.</summary>
    public TimeSpan Idle { get; private set; }

    /// <summary>The limit is reached.</summary>
    public bool IsReached => Idle >= limit;

    /// <summary>Notes a measurement.</summary>
    public void Add(TimeSpan now, TimeSpan cpu)
    {
        // A line costs less of a processor than what sleeps with a timer does, and is no noise.
        var bytes = written?.Invoke() ?? 0;
        if (bytes > _progressWritten || cpu - _progressCpu > s_noise + ((now - _progressAt) * NoiseShare))
        {
            (_progressAt, _progressCpu, _progressWritten) = (now, cpu, bytes);
        }

        Idle = now - _progressAt;
    }

    /// <summary>Time until the limit is reached if nothing moves.</summary>
    public TimeSpan NextLook() => limit > Idle ? limit - Idle : TimeSpan.Zero;
}

// The kernel adds a child's CPU time and page faults to its parent only when the parent waits for it; the children of a
// parent that ignores SIGCHLD are reaped by nobody and what they used vanishes from /proc (wait(2), "Notes"). What the last
// look saw of a vanished process, and no waiter's total has grown by since, is kept here.

/// <summary>Accounts for what processes used that ended without being waited for: a lower bound.</summary>
internal sealed class LostCounts
{
    private long _pending;
    private long _credit;

    /// <summary>What was seen in processes that vanished, and found in no other process afterwards.</summary>
    public long Counted { get; private set; }

    /// <summary>Takes the balance of one look at the tree.</summary>
    /// <param name="vanished">Last seen in processes that are gone.</param>
    /// <param name="reaped">Growth of what all living processes had from those they waited for.</param>
    public void Add(long vanished, long reaped)
    {
        // A waiter may have been read before it waited: what vanished now is settled at the next look only.
        _credit += reaped;
        var found = Math.Min(_credit, _pending);
        Counted += _pending - found;
        _credit = Math.Min(_credit - found, vanished);
        _pending = vanished;
    }
}

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
        {
            return false;
        }

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
