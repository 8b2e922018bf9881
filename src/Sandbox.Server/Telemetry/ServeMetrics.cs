using System.Diagnostics.Metrics;
using Sandbox.Server.Jobs;
using Sandbox.Server.Queue;
using Sandbox.Server.Settings;

namespace Sandbox.Server.Telemetry;

// Labels have few values, which are ours: never a job, its name, a tenant or a path.

/// <summary>Why a job was not taken.</summary>
internal enum RefusalReason
{
    /// <summary>As many wait as may.</summary>
    Full,

    /// <summary>It asks for more memory than there is.</summary>
    NeverFits,

    /// <summary>The server is shutting down.</summary>
    Draining,

    /// <summary>It is not valid.</summary>
    Invalid,

    /// <summary>It asks for what the server does not give.</summary>
    Forbidden,

    /// <summary>Its idempotency key came with another job before.</summary>
    Conflict,

    /// <summary>It could not be written down to outlive the server.</summary>
    NoRoom,
}

/// <summary>The measurements of the server: what happens is counted by static members, and an instance tells how things stand for as long as it lives.</summary>
internal sealed class ServeMetrics : IDisposable
{
    /// <summary>The name of the Meter.</summary>
    public const string MeterName = "Sandbox.Server";

    private const string Jobs = "{job}";

    private static readonly string? s_version = typeof(ServeMetrics).Assembly.GetName().Version?.ToString(3);
    private static readonly Meter s_meter = new(MeterName, s_version);

    private static readonly InstrumentAdvice<double> s_buckets = new()
    {
        HistogramBucketBoundaries = [100e-6, 1e-3, 5e-3, 10e-3, 25e-3, 50e-3, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600],
    };

    private static readonly Counter<long> s_refused =
        s_meter.CreateCounter<long>("sandbox.queue.refused", Jobs, "Jobs that were not taken, by reason.");

    private static readonly Histogram<double> s_waited =
        s_meter.CreateHistogram("sandbox.queue.wait_time", "s", "How long jobs waited for a slot, by how that ended and where they came from.", tags: null, advice: s_buckets);

    private readonly Meter _meter = new(MeterName, s_version);

    /// <summary>Begins to tell of a queue, and of the results that are kept.</summary>
    public ServeMetrics(JobQueue queue, JobTable jobs, ServerSettings settings)
    {
        _meter.CreateObservableUpDownCounter("sandbox.queue.waiting", () => queue.Waiting, Jobs, "Jobs that wait for a slot.");
        _meter.CreateObservableUpDownCounter("sandbox.queue.waiting.limit", () => settings.Queue.MaxWaiting, Jobs, "How many may wait.");
        _meter.CreateObservableUpDownCounter("sandbox.queue.running", () => queue.Running, Jobs, "Jobs that have a slot.");
        _meter.CreateObservableUpDownCounter("sandbox.queue.slots", () => settings.Queue.Slots, "{slot}", "How many jobs run at once.");
        _meter.CreateObservableUpDownCounter("sandbox.queue.memory.free", () => queue.MemoryFree, "By", "What the memory limits of further jobs may come to now.");
        _meter.CreateObservableUpDownCounter("sandbox.queue.memory.limit", () => settings.Queue.MemoryBytes, "By", "What the memory limits of all jobs that run may come to.");
        _meter.CreateObservableUpDownCounter("sandbox.results.kept", () => jobs.Kept.Count, "{result}", "Results that are kept.");
        _meter.CreateObservableUpDownCounter("sandbox.results.size", () => jobs.Kept.Bytes, "By", "What the kept results come to.");
    }

    /// <summary>A job was not taken.</summary>
    public static void Refused(RefusalReason reason) => s_refused.Add(1, new KeyValuePair<string, object?>("sandbox.queue.refusal", Word(reason)));

    /// <summary>A job waits no more.</summary>
    public static void Waited(ServerJob job, QueueOutcome outcome)
    {
        if (s_waited.Enabled)
        {
            s_waited.Record(job.Ticket.Age.TotalSeconds, new("sandbox.queue.outcome", Word(outcome)), new("sandbox.serve.source", job.Source));
        }
    }

    /// <summary>How waiting ended, in the words of documents.</summary>
    public static string Word(QueueOutcome outcome) => outcome switch
    {
        QueueOutcome.Started => "started",
        QueueOutcome.Expired => "expired",
        QueueOutcome.Cancelled => "cancelled",
        QueueOutcome.Draining => "draining",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private static string Word(RefusalReason reason) => reason switch
    {
        RefusalReason.Full => "full",
        RefusalReason.NeverFits => "never-fits",
        RefusalReason.Draining => "draining",
        RefusalReason.Invalid => "invalid",
        RefusalReason.Forbidden => "forbidden",
        RefusalReason.Conflict => "conflict",
        RefusalReason.NoRoom => "no-room",
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };
}
