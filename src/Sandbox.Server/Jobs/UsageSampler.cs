namespace Sandbox.Server.Jobs;

/// <summary>Notes, ten times a second, what the watch over each running job found at its last look. It looks at nothing itself: a short job costs nothing, and a long one a few bytes.
/// Only jobs whose use somebody asks for are looked at as often.</summary>
/// <param name="jobs">Whose jobs.</param>
/// <param name="time">The clock.</param>
internal sealed class UsageSampler(JobTable jobs, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(100);

    private ITimer? _timer;

    /// <summary>Begins.</summary>
    public void Start() => _timer = time.CreateTimer(static state => ((UsageSampler)state!).Note(), this, s_pace, s_pace);

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    private void Note()
    {
        foreach (var job in jobs.Running())
        {
            if (job.Live.Usage is { } usage)
            {
                job.Usage.Add(new((int)usage.At.TotalMilliseconds, (int)usage.Cpu.TotalMilliseconds, usage.PeakMemoryBytes, usage.MemoryBytes));
            }
        }
    }
}
