namespace Sandbox.Server.Jobs;

/// <summary>What clients may do to a job while it runs: write its stdin, send signals, resize its terminal. Safe for use from many threads.</summary>
/// <param name="hasStdin">Its stdin is live.</param>
internal sealed class LiveControl(bool hasStdin)
{
    private readonly TaskCompletionSource<IReadOnlyList<SandboxJob>?> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isTaken;

    /// <summary>What "inherit" means for it; null for a job that cannot have that.</summary>
    public InheritedStreams? Inherited { get; init; }

    /// <summary>Over once somebody has read its live streams to their end; null where nobody does. What is in them is lost when the job is let go of.</summary>
    public Task? Readers { get; init; }

    /// <summary>Its stdin is live: one client writes it.</summary>
    public bool HasStdin => hasStdin;

    /// <summary>The job runs.</summary>
    /// <param name="processes">The job; of several processes those, in order.</param>
    public void Started(params IReadOnlyList<SandboxJob> processes) => _started.TrySetResult(processes);

    /// <summary>It is over, or has never run.</summary>
    public void Over() => _started.TrySetResult(null);

    /// <summary>The job once it runs, for whoever has its streams; null if it never will.</summary>
    public Task<SandboxJob?> Running => ProcessAsync(0);

    /// <summary>A process of it by its place, as <see cref="Running"/>.</summary>
    public async Task<SandboxJob?> ProcessAsync(int place) => (await _started.Task.ConfigureAwait(false))?.ElementAtOrDefault(place);

    /// <summary>Over once it runs, or never will, which is false.</summary>
    public async Task<bool> HasStartedAsync() => await _started.Task.ConfigureAwait(false) is not null;

    /// <summary>Whoever comes first has its stdin, and nobody after that: a stream of two writers would be neither's.</summary>
    public bool TakeStdin() => hasStdin && Interlocked.Exchange(ref _isTaken, 1) == 0;

    /// <summary>The job's stdin once it runs; null if it cannot be written.</summary>
    public async Task<Stream?> StdinAsync(CancellationToken cancellationToken)
    {
        var job = await Running.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return job?.Stdin;
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>The name of its run; null if it does not run in one sandbox, yet or any more.</summary>
    public string? RunId => _started.Task is { IsCompletedSuccessfully: true, Result: [var job] } ? job.Id : null;

    /// <summary>What it has used as of the last look at it; null if it does not run.</summary>
    public JobUsage? Usage => _started.Task is { IsCompletedSuccessfully: true, Result: [var job] } ? job.Usage : null;

    /// <summary>Somebody watches what it uses, and will for some time.</summary>
    public void WatchUsage(TimeSpan time) => Do(job =>
    {
        job.WatchUsage(time);
        return true;
    });

    /// <summary>Sends a signal; false if there is no process to get it, yet or any more.</summary>
    public bool Signal(int number) => Do(job => job.Signal(number));

    /// <summary>Sends a signal as soon as there is a process to get it.</summary>
    public void SignalOnceStarted(int number) => _ = _started.Task.ContinueWith(_ => Signal(number), TaskScheduler.Default);

    /// <summary>Sets the size of its terminal; false if it does not run.</summary>
    public bool Resize(int rows, int columns) => Do(job =>
    {
        job.Resize(rows, columns);
        return true;
    });

    private bool Do(Func<SandboxJob, bool> action)
    {
        try
        {
            return _started.Task is { IsCompletedSuccessfully: true, Result: [var job] } && action(job);
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }
}

/// <summary>Runs jobs so that their clients can watch and reach them.</summary>
internal static class LiveRun
{
    // For a client to take what the job wrote last.
    private static readonly TimeSpan s_toRead = TimeSpan.FromSeconds(5);

    /// <summary>Runs one; a job in one sandbox is reached, and one of several processes with live streams; of others the result is all there is.</summary>
    /// <param name="runner">Runs it.</param>
    /// <param name="job">As the server knows it.</param>
    /// <param name="document">What to run.</param>
    /// <param name="files">The files that it may name.</param>
    public static async Task<DocumentResult> RunAsync(SandboxRunner runner, ServerJob job, JobDocument document, FileStore files)
    {
        if (document is not JobSpec spec)
        {
            return document is ProcessesJob several && job.Live.Readers is not null ? await RunTogetherAsync(runner, job, several, files).ConfigureAwait(false)
                : await runner.RunDocumentWithFilesAsync(document, files, job.Ended).ConfigureAwait(false);
        }

        try
        {
            await using var running = await runner.StartWatchedWithFilesAsync(spec, job.Feed.Write, files, job.Live.Inherited, job.Ended).ConfigureAwait(false);
            job.Live.Started(running);
            await using var end = job.Ended.Register(running.Kill).ConfigureAwait(false);
            await foreach (var moment in running.Events.ConfigureAwait(false))
            {
                if (moment.Kind != JobEventKind.Completed)
                {
                    job.Feed.Note(FeedKind.Phase, moment.Kind.ToString().ToLowerInvariant(), moment.At);
                }
            }

            var result = await running.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            await AwaitReadersAsync(job).ConfigureAwait(false);
            return result;
        }
        catch (OperationCanceledException) when (job.Ended.IsCancellationRequested)
        {
            return spec.CancelledBeforeStart("cancelled by the caller before it started");
        }
    }

    // Its processes have streams that somebody reads and writes.
    private static async Task<DocumentResult> RunTogetherAsync(SandboxRunner runner, ServerJob job, ProcessesJob document, FileStore files)
    {
        IReadOnlyList<SandboxJob> running = [];
        try
        {
            var result = await runner.RunTogetherAsync(
                document,
                processes =>
                {
                    running = processes;
                    job.Live.Started(processes);
                },
                files,
                job.Ended).ConfigureAwait(false);
            await AwaitReadersAsync(job).ConfigureAwait(false);
            return result;
        }
        finally
        {
            foreach (var process in running)
            {
                await process.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private static async Task AwaitReadersAsync(ServerJob job)
    {
        if (job.Live.Readers is { } readers)
        {
            await Task.WhenAny(readers, Task.Delay(s_toRead)).ConfigureAwait(false);
        }
    }
}
