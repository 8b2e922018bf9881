using System.Diagnostics;
using Sandbox.Server.Jobs;
using Sandbox.Server.Queue;

namespace Sandbox.Server.Telemetry;

// sandbox.serve, from when a job was taken until its result is there, with sandbox.queue below it while it waits, and the SDK's sandbox.job with its phases.
// It hangs below the job's own traceparent; without one below the request that brought it, and for a job of sandbox exec it is the first of a trace.

/// <summary>The server's span of one job.</summary>
internal sealed class ServeSpans : IDisposable
{
    /// <summary>The name of the ActivitySource.</summary>
    public const string Source = "Sandbox.Server";

    private static readonly ActivitySource s_source = new(Source, typeof(ServeSpans).Assembly.GetName().Version?.ToString(3));

    private readonly ActivityContext _request = Activity.Current?.Context ?? default;
    private readonly Activity? _job;
    private Activity? _waiting;

    /// <summary>Begins it; the caller's current activity is the request that brought the job.</summary>
    public ServeSpans(ServerJob job, JobDocument document)
    {
        if (!s_source.HasListeners())
        {
            return;
        }

        // Several sandboxes have one caller: the first that names it speaks for all.
        var named = document.Parts().Select(static part => part.Job.Traceparent).FirstOrDefault(static parent => parent is not null);
        var hasOwn = ActivityContext.TryParse(named, null, isRemote: true, out var own);
        _job = s_source.StartActivity("sandbox.serve", ActivityKind.Internal, hasOwn ? own : _request, links: hasOwn && _request != default ? [new ActivityLink(_request)] : null);
        _job?.SetTag("sandbox.serve.job.id", job.Id);
        _job?.SetTag("sandbox.serve.source", job.Source);
        _job?.SetTag("sandbox.job.priority", job.Ticket.Request.Priority);
        _waiting = s_source.StartActivity("sandbox.queue");
    }

    /// <summary>It waits no more.</summary>
    public void Waited(QueueOutcome outcome)
    {
        _waiting?.SetTag("sandbox.queue.outcome", ServeMetrics.Word(outcome));
        _waiting?.Dispose();
        _waiting = null;
    }

    /// <summary>The job whose spans go below this one.</summary>
    public JobDocument Continue(JobDocument document)
    {
        // Also where this trace is not recorded: its id says so, and without it the job would begin a trace of its own.
        var parent = _job?.Id ?? Activity.Current?.Id;
        return !s_source.HasListeners() || parent is null ? document
            : document.WithParts(part => _job is null && part.Job.Traceparent is not null ? part.Job : part.Job with { Traceparent = parent });
    }

    /// <summary>Its result is there.</summary>
    public void Ended(DocumentResult result)
    {
        _job?.SetTag("sandbox.job.verdict", ResultFile.NameOf(result.Verdict));
        if (result.Verdict is Verdict.SetupError or Verdict.InternalError)
        {
            _job?.SetStatus(ActivityStatusCode.Error);
        }
    }

    /// <summary>Ends what has not ended.</summary>
    public void Dispose()
    {
        _waiting?.Dispose();
        _job?.Dispose();
    }
}
