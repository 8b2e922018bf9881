using Sandbox.Cli;
using Sandbox.Telemetry;
using Xunit;

namespace Sandbox.Tests.Telemetry;

[Collection(TelemetryCollection.Name)]
public sealed class OtlpExportTests : IDisposable
{
    private readonly OtlpReceiver _collector = new();
    private readonly StringWriter _diagnostics = new();

    [Fact]
    public void The_collector_gets_the_whole_trace_of_a_job_in_one_request()
    {
        Export(RecordedJobs.CpuLimit, ("OTEL_EXPORTER_OTLP_ENDPOINT", _collector.Address));

        var spans = _collector.Single("/v1/traces").Spans();
        Assert.All(spans, span => Assert.Equal(RecordedJobs.TraceId, span.Hex(1)));
        Assert.Equal(
            ["sandbox.job", "sandbox.phase.clone", "sandbox.phase.prepare", "sandbox.phase.run"],
            spans.Select(span => span.Text(5)).Order());
        Assert.Equal("", _diagnostics.ToString());
    }

    [Fact]
    public void Spans_hang_below_the_callers_span_with_exact_times()
    {
        Export(RecordedJobs.CpuLimit, ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", $"{_collector.Address}/v1/traces"));

        var job = _collector.Single("/v1/traces").Span("sandbox.job");
        var clone = _collector.Single("/v1/traces").Span("sandbox.phase.clone");
        var start = RecordedJobs.StartedAt.ToUnixTimeMilliseconds() * 1_000_000;
        Assert.Equal(RecordedJobs.ParentSpanId, job.Hex(4));
        Assert.Equal(job.Hex(2), clone.Hex(4));
        Assert.Equal((start + 100_000, start + 548_000), (clone.Integer(7), clone.Integer(8)));
    }

    [Fact]
    public void Attributes_carry_verdict_usage_limits_and_policy()
    {
        Export(RecordedJobs.CpuLimit, ("OTEL_TRACES_EXPORTER", "otlp"), ("OTEL_EXPORTER_OTLP_ENDPOINT", _collector.Address));

        var told = _collector.Single("/v1/traces").Span("sandbox.job").Attributes(9);
        Assert.Equal("cpu-time-limit", told["sandbox.job.verdict"]);
        Assert.Equal("sandbox", told["sandbox.job.killed_by"]);
        Assert.Equal(["cpuTime"], Assert.IsType<string[]>(told["sandbox.job.limits_hit"]));
        Assert.Equal(2.25, told["sandbox.job.cpu_time"]);
        Assert.Equal(4096000L, told["sandbox.job.memory.peak"]);
        Assert.Equal("perf", told["sandbox.limit.cpu_time.by"]);
        Assert.Equal("default", told["sandbox.seccomp.policy"]);
    }

    [Fact]
    public void A_setup_error_has_status_error()
    {
        Export(RecordedJobs.SetupError, ("OTEL_EXPORTER_OTLP_ENDPOINT", _collector.Address));

        var status = _collector.Single("/v1/traces").Span("sandbox.job").Message(15)!;
        Assert.Equal((2, "cannot bind /data"), (status.Integer(3), status.Text(2)));
    }

    [Fact]
    public void Jobs_are_counted_by_verdict_as_a_delta()
    {
        Export(RecordedJobs.CpuLimit, ("OTEL_EXPORTER_OTLP_ENDPOINT", _collector.Address));

        var jobs = _collector.Single("/v1/metrics").Metric("sandbox.jobs");
        var sum = jobs.Message(7)!;
        var point = Assert.Single(sum.Messages(1));
        Assert.Equal("{job}", jobs.Text(3));
        Assert.Equal(1, sum.Integer(2));
        Assert.Equal(1, point.Integer(6));
        Assert.Equal("cpu-time-limit", point.Attributes(7)["sandbox.job.verdict"]);
    }

    [Theory]
    [InlineData("sandbox.job.cpu_time", "s", 2.25)]
    [InlineData("sandbox.job.wall_time", "s", 2.5)]
    [InlineData("sandbox.job.setup_time", "s", 0.0013)]
    [InlineData("sandbox.job.overshoot", "s", 0.001)]
    [InlineData("sandbox.job.memory.peak", "By", 4096000)]
    public void Histograms_carry_the_job_in_their_unit(string name, string unit, double sum)
    {
        Export(RecordedJobs.CpuLimit, ("OTEL_EXPORTER_OTLP_ENDPOINT", _collector.Address));

        var metric = _collector.Single("/v1/metrics").Metric(name);
        var point = Assert.Single(metric.Message(9)!.Messages(1));
        Assert.Equal(unit, metric.Text(3));
        Assert.Equal(1, point.Integer(4));
        Assert.Equal(sum, point.Double(5), 1e-9);
    }

    [Fact]
    public void Phases_are_told_apart_down_to_ten_microseconds()
    {
        Export(RecordedJobs.CpuLimit, ("OTEL_EXPORTER_OTLP_ENDPOINT", _collector.Address));

        var points = _collector.Single("/v1/metrics").Metric("sandbox.phase.duration").Message(9)!.Messages(1).ToList();
        var clone = points.Single(point => "clone".Equals(point.Attributes(9)["sandbox.phase.name"]));
        Assert.Equal(3, points.Count);
        Assert.Equal(0.000448, clone.Double(5), 1e-12);
        Assert.Equal(10e-6, clone.PackedDoubles(7)[0]);
    }

    [Fact]
    public void Headers_reach_the_collector()
    {
        Export(
            RecordedJobs.CpuLimit,
            ("OTEL_EXPORTER_OTLP_ENDPOINT", _collector.Address),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=blue"));

        Assert.Equal(2, _collector.Requests.Count);
        Assert.All(_collector.Requests, request => Assert.Equal("blue", request.Headers["x-tenant"]));
        Assert.All(_collector.Requests, request => Assert.Equal("application/x-protobuf", request.Headers["Content-Type"]));
    }

    [Fact]
    public void A_signal_that_is_none_is_not_sent()
    {
        Export(
            RecordedJobs.CpuLimit,
            ("OTEL_EXPORTER_OTLP_ENDPOINT", _collector.Address),
            ("OTEL_METRICS_EXPORTER", "none"));

        Assert.Equal("/v1/traces", Assert.Single(_collector.Requests).Path);
    }

    [Fact]
    public void The_service_is_called_sandbox_unless_the_environment_says_otherwise()
    {
        Export(RecordedJobs.CpuLimit, ("OTEL_EXPORTER_OTLP_ENDPOINT", _collector.Address));

        var resource = _collector.Single("/v1/traces").Resource();
        Assert.Equal("sandbox", resource["service.name"]);
        Assert.NotEqual("", resource["service.instance.id"]);
    }

    [Fact]
    public void A_dead_collector_costs_one_line_that_names_it()
    {
        _collector.Dispose();

        Export(RecordedJobs.CpuLimit, ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:1/v1/traces"));

        Assert.Equal(
            "sandbox: telemetry was not delivered: http://127.0.0.1:1/v1/traces: cannot connect\n", _diagnostics.ToString());
    }

    [Fact]
    public void A_collector_that_refuses_is_reported_with_its_status()
    {
        using var refusing = new OtlpReceiver(status: 401);

        Export(RecordedJobs.CpuLimit, ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", $"{refusing.Address}/v1/traces"));

        Assert.Contains("answered 401", _diagnostics.ToString(), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _collector.Dispose();
        _diagnostics.Dispose();
    }

    private void Export(JobResult result, params (string Name, string Value)[] variables)
    {
        var environment = variables.ToDictionary(pair => pair.Name, pair => pair.Value);
        using var export = OtlpExport.StartIfAsked(environment.GetValueOrDefault, _diagnostics);
        SandboxTelemetry.Record(RecordedJobs.Spec, result, RecordedJobs.StartedAt);
    }
}
