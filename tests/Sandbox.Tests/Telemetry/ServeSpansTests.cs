using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Sandbox.Server.Jobs;
using Sandbox.Server.Queue;
using Sandbox.Server.Telemetry;
using Xunit;

namespace Sandbox.Tests.Telemetry;

/// <summary>What the job host tells of one job, whose run is not real.</summary>
[Collection(TelemetryCollection.Name)]
public sealed class ServeSpansTests : IDisposable
{
    private readonly ConcurrentQueue<Activity> _spans = [];
    private readonly ConcurrentQueue<(string Name, double Value, Dictionary<string, object?> Labels)> _measured = [];
    private readonly ActivityListener _spanListener;
    private readonly MeterListener _meterListener = new();
    private readonly JobQueue _queue = new(new() { Slots = 1, MaxWaiting = 1 }, TimeProvider.System);
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<JobDocument> _ran = [];

    public ServeSpansTests()
    {
        _spanListener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == ServeSpans.Source,
            Sample = static (ref options) => options.Parent != default && !options.Parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded)
                ? ActivitySamplingResult.None : ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _spans.Enqueue,
        };
        ActivitySource.AddActivityListener(_spanListener);
        _meterListener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == ServeMetrics.MeterName)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _meterListener.SetMeasurementEventCallback<double>((instrument, value, labels, _) => _measured.Enqueue((instrument.Name, value, new(labels.ToArray()))));
        _meterListener.SetMeasurementEventCallback<int>((instrument, value, labels, _) => _measured.Enqueue((instrument.Name, value, new(labels.ToArray()))));
        _meterListener.SetMeasurementEventCallback<long>((instrument, value, labels, _) => _measured.Enqueue((instrument.Name, value, new(labels.ToArray()))));
        _meterListener.Start();
    }

    public void Dispose()
    {
        _end.TrySetResult();
        _spanListener.Dispose();
        _meterListener.Dispose();
        _queue.Dispose();
    }

    [Fact]
    public async Task A_job_hangs_below_the_request_that_brought_it_and_hands_its_own_context_on()
    {
        using var request = Request();

        await RunAsync(null);

        var serve = Span("sandbox.serve", request.TraceId);
        var queue = Span("sandbox.queue", request.TraceId);
        Assert.Equal(request.SpanId, serve.ParentSpanId);
        Assert.Equal(serve.SpanId, queue.ParentSpanId);
        Assert.Equal(serve.Id, Assert.IsType<JobSpec>(_ran.Single()).Traceparent);
        Assert.Equal(("ok", "exec"), (serve.GetTagItem("sandbox.job.verdict"), serve.GetTagItem("sandbox.serve.source")));
        Assert.Equal("started", queue.GetTagItem("sandbox.queue.outcome"));
    }

    [Fact]
    public async Task The_jobs_own_traceparent_goes_before_the_request_which_is_linked()
    {
        using var request = Request();
        var (trace, parent) = (ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom());

        await RunAsync($"00-{trace}-{parent}-01");

        var serve = Span("sandbox.serve", trace);
        Assert.Equal(parent, serve.ParentSpanId);
        Assert.Equal(request.Context, Assert.Single(serve.Links).Context);
        Assert.Equal(serve.Id, Assert.IsType<JobSpec>(_ran.Single()).Traceparent);
    }

    [Fact]
    public async Task A_request_that_is_not_recorded_keeps_its_job_from_being_recorded()
    {
        using var request = Request();
        request.ActivityTraceFlags = ActivityTraceFlags.None;

        var id = await RunAsync(null);

        // Neither in the request's trace nor in one of its own.
        Assert.DoesNotContain(_spans, span => span.TraceId == request.TraceId || span.GetTagItem("sandbox.serve.job.id") as string == id);
        Assert.Equal(request.Id, Assert.IsType<JobSpec>(_ran.Single()).Traceparent);
        Assert.EndsWith("-00", request.Id, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_listener_a_job_is_left_as_it_is()
    {
        _spanListener.Dispose();
        using var request = Request();

        await RunAsync(null);

        Assert.Null(Assert.IsType<JobSpec>(_ran.Single()).Traceparent);
    }

    [Fact]
    public async Task A_job_that_never_got_a_slot_says_how_its_waiting_ended()
    {
        var table = Table();
        table.Take(Job(null));
        var waiting = table.Take(Job(null)).Job!;

        waiting.Cancel();
        await waiting.Result;

        Assert.Single(_spans, static span => span.OperationName == "sandbox.queue" && span.GetTagItem("sandbox.queue.outcome") is "cancelled");
        var (_, seconds, labels) = Assert.Single(_measured, static one => one.Name == "sandbox.queue.wait_time" && one.Labels["sandbox.queue.outcome"] is "cancelled");
        Assert.InRange(seconds, 0, 60);
        Assert.Equal(["sandbox.queue.outcome", "sandbox.serve.source"], labels.Keys.Order());
    }

    [Fact]
    public void The_queue_is_told_as_it_stands()
    {
        var table = Table();
        using var metrics = new ServeMetrics(_queue, table, new() { Queue = new() { Slots = 1, MaxWaiting = 1, MemoryBytes = 1000 } });
        table.Take(Job(null));
        table.Take(Job(null));

        Assert.Equal(QueueRefusal.Full, table.Take(Job(null)).Refusal);
        _meterListener.RecordObservableInstruments();

        var told = _measured.Where(static one => one.Labels.Count == 0).GroupBy(static one => one.Name).ToDictionary(static group => group.Key, static group => group.Last().Value);
        Assert.Equal((1, 1, 1), (told["sandbox.queue.running"], told["sandbox.queue.waiting"], told["sandbox.queue.slots"]));
        Assert.Equal((1000, 0), (told["sandbox.queue.memory.limit"], told["sandbox.results.kept"]));
    }

    // Other tests have queues, too: of theirs the listener hears as well, and they are in other traces.
    private Activity Span(string name, ActivityTraceId trace) => Assert.Single(_spans, span => span.OperationName == name && span.TraceId == trace);

    private static Activity Request()
    {
        var request = new Activity("request").SetIdFormat(ActivityIdFormat.W3C);
        request.ActivityTraceFlags = ActivityTraceFlags.Recorded;
        return request.Start();
    }

    private async Task<string> RunAsync(string? traceparent)
    {
        _end.TrySetResult();
        var job = Table().Take(Job(traceparent)).Job!;
        await job.Result;
        return job.Id;
    }

    private JobTable Table() => new(_queue, async (_, document) =>
    {
        _ran.Add(document);
        await _end.Task;
        return JobResult.CancelledBeforeStart(null, "") with { Verdict = Verdict.Ok };
    }, new(), TimeProvider.System);

    private static JobRequest Job(string? traceparent) => new() { Spec = new JobSpec() { Command = ["a"], Traceparent = traceparent }, Owner = "a", Held = null, Queue = new(), Source = "exec" };
}
