using System.Diagnostics;

namespace Sandbox.Execution;

/// <summary>The moments of one job's life: noted where they happen, told to the runner's observer, and kept for whoever reads them, from the first one.</summary>
/// <remarks>They are five at most, so none has to be dropped for a reader who is slow.</remarks>
internal sealed class JobEvents(string? name, DateTimeOffset createdAt, EventDelivery? observer) : IAsyncEnumerable<JobEvent>
{
    private readonly Lock _lock = new();
    private readonly List<JobEvent> _events = new(5);
    // The system clock is asked once, by the runner; what follows is counted from there.
    private readonly long _origin = Stopwatch.GetTimestamp();
    private TaskCompletionSource _next = NewWait();

    /// <summary>A name for this run that no other has.</summary>
    public string JobId { get; } = Guid.CreateVersion7().ToString("N");

    /// <summary>The runner has taken the job on.</summary>
    public void Created() => Note(JobEventKind.Created, _origin, null);

    /// <summary>At this stamp, in nanoseconds of CLOCK_MONOTONIC, which is what Stopwatch counts on Linux.</summary>
    public void Started(long stamp, IReadOnlyList<PublishedPort> ports) => Note(JobEventKind.Started, stamp, null, ports);

    /// <inheritdoc cref="Started"/>
    public void Ended(long stamp) => Note(JobEventKind.Ended, stamp, null);

    /// <inheritdoc cref="Started"/>
    public void Collected(long stamp) => Note(JobEventKind.Collected, stamp, null);

    /// <summary>The last of them.</summary>
    public void Completed(JobResult result) => Note(JobEventKind.Completed, Stopwatch.GetTimestamp(), result);

    /// <inheritdoc/>
    public async IAsyncEnumerator<JobEvent> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        for (var number = 0; ; number++)
        {
            var next = await Next(number, cancellationToken).ConfigureAwait(false);
            yield return next;
            if (next.Kind == JobEventKind.Completed)
            {
                yield break;
            }
        }
    }

    private async ValueTask<JobEvent> Next(int number, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task wait;
            lock (_lock)
            {
                if (number < _events.Count)
                {
                    return _events[number];
                }

                wait = _next.Task;
            }

            await wait.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void Note(JobEventKind kind, long stamp, JobResult? result, IReadOnlyList<PublishedPort>? ports = null)
    {
        TaskCompletionSource told;
        lock (_lock)
        {
            // A run that was left behind on the host's files may come to an end after all, when its result is long known.
            if (_events is [.., { Kind: JobEventKind.Completed }])
            {
                return;
            }

            var noted = new JobEvent
            {
                JobId = JobId,
                JobName = name,
                Kind = kind,
                At = createdAt + TimeSpan.FromTicks((stamp - _origin) / TimeSpan.NanosecondsPerTick),
                Result = result,
                Ports = ports ?? [],
            };
            _events.Add(noted);
            observer?.Post(noted);
            told = _next;
            _next = NewWait();
        }

        told.SetResult();
    }

    // Readers go on on threads of their own: the job's is not kept by them.
    private static TaskCompletionSource NewWait() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
