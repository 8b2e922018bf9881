using System.Diagnostics;
using Sandbox.Execution.Judging;
using Sandbox.Execution.Streams;
using Sandbox.Interop;
using Sandbox.Resources;
using Sandbox.Resources.Limits;

namespace Sandbox.Execution;

/// <summary>When the watch over a job looks, which is as late as what it found allows, or when the kernel calls it.</summary>
internal sealed class JobLooks(JobReports reports, JobStreams streams, JobDraft draft) : IDisposable
{
    private static readonly long s_watchedPace = Stopwatch.Frequency / 10;

    private readonly long _sharedMemoryBefore = Libc.HostSharedMemory();
    private long _next;
    private long _last;
    private long _watchedUntil;
    private volatile JobUsage? _usage;

    /// <summary>What watches the job; null until it started.</summary>
    public JobWatch? Watch { get; private set; }

    /// <summary>What the last look found, for whoever asks from another thread; null before the first.</summary>
    public JobUsage? Usage => _usage;

    /// <summary>Time until the next look; null before the first.</summary>
    public TimeSpan? Left => Watch is null ? null : Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), Next) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>Looks more often for some time, and notes the memory of each look. From any thread.</summary>
    public void WatchUsage(TimeSpan time)
    {
        var until = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        for (var before = Volatile.Read(ref _watchedUntil); before < until;)
        {
            before = Interlocked.CompareExchange(ref _watchedUntil, until, before) is var found && found == before ? until : found;
        }
    }

    /// <summary>What calls for a look: the control groups, and the keeper of upper sides.</summary>
    public void Wait(Span<PollEntry> entries)
    {
        entries[0] = Watch?.Event ?? PollEntry.Nobody;
        entries[1] = Watch is null ? PollEntry.Nobody : draft.Uppers?.Event ?? PollEntry.Nobody;
    }

    /// <summary>Begins, for the job has started.</summary>
    public void Start()
    {
        if (reports.Proc is not { } proc)
        {
            return;
        }

        var started = reports.Started!.Value;
        Watch = new JobWatch(draft.Job.Spec.Limits, new()
        {
            ProcFs = proc,
            Perf = reports.Clock,
            SysvShm = reports.SysvShm,
            Sockets = reports.Sockets,
            Tmpfs = [.. reports.OwnFileSystems],
            Scratch = reports.Scratch,
            Uppers = draft.Uppers,
            Init = started.Pid,
            PlacedBytes = (long)started.PlacedBytes,
            Input = streams.Input,
            Written = () => streams.Stdout.Bytes + (streams.Stderr?.Bytes ?? 0),
            SharedMemoryBefore = _sharedMemoryBefore,
        }, draft.Cgroup, CpuUsage.OfSetup(started), draft.Job.Spec.Network);
        Schedule();
    }

    /// <summary>Looks if it is time to; the limit that is exceeded, or null.</summary>
    public LimitReached? Look(ReadOnlySpan<PollEntry> entries)
    {
        if (Watch is null || (entries[0].Ready == 0 && entries[1].Ready == 0 && Left > TimeSpan.Zero))
        {
            return null;
        }

        var now = reports.SinceStart();
        var reached = Watch.Check(now);
        _usage = new() { At = now, Cpu = Watch.Cpu, PeakMemoryBytes = Watch.PeakMemoryBytes, MemoryBytes = IsWatched ? Watch.MemoryBytes() : null };
        Schedule();
        return reached;
    }

    /// <inheritdoc/>
    public void Dispose() => Watch?.Dispose();

    private bool IsWatched => Stopwatch.GetTimestamp() < Volatile.Read(ref _watchedUntil);

    private long Next => IsWatched ? Math.Min(_next, _last + s_watchedPace) : _next;

    private void Schedule()
    {
        _last = Stopwatch.GetTimestamp();
        _next = _last + (long)(Watch!.NextDelay.TotalSeconds * Stopwatch.Frequency);
    }
}
