using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Sandbox.Tests.Telemetry;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What the job host tells a collector and a scraper.</summary>
public sealed partial class ObservedServeTests : KernelTest
{
    private const string Secret = "hunter2-token";
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string CallerSpan = "b7ad6b7169203331";

    [KernelFact]
    public async Task Request_queue_job_and_phases_are_one_trace()
    {
        using var collector = new OtlpReceiver();
        await using (var host = await StartAsync(("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address)))
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/jobs") { Content = new StringContent($$"""{ "name": "n", "command": ["true", "{{Secret}}"], "env": { "TOKEN": "{{Secret}}" } }""") };
            request.Headers.Add("traceparent", $"00-{TraceId}-{CallerSpan}-01");
            using var answer = await host.Client.SendAsync(request, Cancellation);
            using var scraped = await host.Client.GetAsync("/metrics", Cancellation);
            Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (answer.StatusCode, scraped.StatusCode));
            await EndAsync(host);
        }

        var spans = collector.Requests.Where(static request => request.Path == "/v1/traces").SelectMany(static request => new ProtoMessage(request.Body).Spans()).ToList();
        var received = Assert.Single(spans, static span => span.Text(5) == "POST /v1/jobs");
        Assert.All(spans, static span => Assert.Equal(TraceId, span.Hex(1)));
        Assert.Equal(CallerSpan, received.Hex(4));
        Assert.Equal(received.Hex(2), One(spans, "sandbox.serve").Hex(4));
        Assert.Equal(One(spans, "sandbox.serve").Hex(2), One(spans, "sandbox.queue").Hex(4));
        Assert.Equal(One(spans, "sandbox.serve").Hex(2), One(spans, "sandbox.job").Hex(4));
        Assert.Equal(One(spans, "sandbox.job").Hex(2), One(spans, "sandbox.phase.run").Hex(4));
        Assert.Equal(200L, received.Attributes(9)["http.response.status_code"]);
    }

    [KernelFact]
    public async Task Traces_metrics_and_logs_are_sent_and_say_nothing_of_what_a_job_holds()
    {
        using var collector = new OtlpReceiver();
        await using (var host = await StartAsync(("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address)))
        {
            using var answer = await host.PostAsync($$"""{ "command": ["sh", "-c", "echo {{Secret}}; exit 3", "{{Secret}}"], "env": { "TOKEN": "{{Secret}}" }, "stdin": { "text": "{{Secret}}" } }""", Cancellation, "", Secret, Secret);
            Assert.Contains(Secret, await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
            Assert.DoesNotContain(Secret, await host.Client.GetStringAsync("/metrics", Cancellation), StringComparison.Ordinal);
            await EndAsync(host);
        }

        Assert.Equal(["/v1/logs", "/v1/metrics", "/v1/traces"], collector.Requests.Select(static request => request.Path).Distinct().Order());
        Assert.All(collector.Requests, static request => Assert.DoesNotContain(Secret, Encoding.UTF8.GetString(request.Body), StringComparison.Ordinal));
        Assert.Contains(collector.Requests, static request => request.Path == "/v1/logs" && Encoding.UTF8.GetString(request.Body).Contains("JobEnded", StringComparison.Ordinal));
        var metrics = new ProtoMessage(collector.Requests.Last(static request => request.Path == "/v1/metrics").Body);
        Assert.Equal("exit-code", Assert.Single(metrics.Metric("sandbox.jobs").Message(7)!.Messages(1)).Attributes(7)["sandbox.job.verdict"]);
    }

    [KernelFact]
    public async Task A_scraper_reads_verdicts_slots_and_refusals_with_labels_of_few_values()
    {
        await using var host = await StartAsync();
        for (var number = 0; number < 3; number++)
        {
            using var done = await host.PostAsync($$"""{ "name": "job-{{number}}", "command": ["true"] }""", Cancellation, "", null, $"tenant-{number}");
        }

        using var invalid = await host.PostAsync("""{ "command": 5 }""", Cancellation);
        using var forbidden = await host.PostAsync("""{ "command": ["true"], "network": "host" }""", Cancellation);

        using var answer = await host.Client.GetAsync("/metrics", Cancellation);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);

        Assert.StartsWith("text/plain", answer.Content.Headers.ContentType!.ToString(), StringComparison.Ordinal);
        Assert.Equal("3", Sample(text, "sandbox_jobs_total", "sandbox_job_verdict=\"ok\""));
        Assert.Equal("2", Sample(text, "sandbox_queue_slots", ""));
        Assert.Equal("1", Sample(text, "sandbox_queue_refused_total", "sandbox_queue_refusal=\"invalid\""));
        Assert.Equal("1", Sample(text, "sandbox_queue_refused_total", "sandbox_queue_refusal=\"forbidden\""));
        Assert.Equal("3", Sample(text, "sandbox_queue_wait_time_seconds_count", "sandbox_queue_outcome=\"started\""));
        Assert.Equal("3", Sample(text, "sandbox_results_kept", ""));
        Assert.DoesNotContain("tenant-", text, StringComparison.Ordinal);
        Assert.DoesNotContain("job-", text, StringComparison.Ordinal);
        Assert.DoesNotContain(host.Socket, text, StringComparison.Ordinal);
        var labels = LabelName().Matches(text).Select(static match => match.Groups[1].Value).Where(static name => name.StartsWith("sandbox_", StringComparison.Ordinal)).Distinct();
        Assert.Equal(["sandbox_job_verdict", "sandbox_phase_name", "sandbox_queue_outcome", "sandbox_queue_refusal", "sandbox_serve_source"], labels.Order());
    }

    [KernelFact]
    public async Task A_collector_that_is_not_there_keeps_no_job_and_is_said_at_the_end()
    {
        string gone;
        using (var collector = new OtlpReceiver())
        {
            gone = collector.Address;
        }

        await using var host = await StartAsync(("OTEL_EXPORTER_OTLP_ENDPOINT", gone), ("OTEL_BSP_SCHEDULE_DELAY", "10"));
        using var answer = await host.PostAsync("""{ "command": ["true"] }""", Cancellation);
        var begin = Stopwatch.GetTimestamp();
        await EndAsync(host);

        Assert.Contains("\"verdict\":\"ok\"", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(begin).TotalSeconds, 0, 40);
        Assert.Contains("telemetry was not delivered", host.Said, StringComparison.Ordinal);
    }

    private Task<ServedHost> StartAsync(params (string Name, string Value)[] variables) =>
        ServedHost.StartAsync(Directory, variables.ToDictionary(static one => one.Name, static one => one.Value), Cancellation, "--slots", "2");

    private static async Task EndAsync(ServedHost host)
    {
        host.Terminate();
        Assert.Equal(0, await host.EndAsync(Cancellation));
    }

    private static ProtoMessage One(IEnumerable<ProtoMessage> spans, string name) => Assert.Single(spans, span => span.Text(5) == name);

    private static string Sample(string text, string name, string label) =>
        Assert.Single(text.Split('\n'), line => line.StartsWith(name + "{", StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal)).Split(' ')[1];

    [GeneratedRegex("[{,]([a-z_]+)=")]
    private static partial Regex LabelName();
}
