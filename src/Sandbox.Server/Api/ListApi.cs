using System.Globalization;
using System.Text.Json;
using Sandbox.Server.Access;
using Sandbox.Server.Jobs;

namespace Sandbox.Server.Api;

/// <summary>GET /v1/jobs and /v1/jobs/{id}/usage: what there is to see of jobs without their content.</summary>
internal sealed class ListApi(JobTable jobs)
{
    /// <summary>What the query of GET /v1/jobs may have.</summary>
    public static readonly string[] ListQuery = ["limit"];

    // Whoever asks will ask again.
    private static readonly TimeSpan s_watched = TimeSpan.FromSeconds(5);

    private const int Usual = 50;
    private const int Most = 200;

    /// <summary>Adds its routes.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/jobs", (RequestDelegate)ListAsync);
        routes.MapGet("/v1/jobs/{id}/usage", (RequestDelegate)UsageAsync);
    }

    private async Task ListAsync(HttpContext context)
    {
        RequestOptions.Of(context.Request, waits: false, ListQuery);
        var limit = Limit(context.Request.Query["limit"]);
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteStartArray("jobs");
        foreach (var job in jobs.Newest(Caller.Of(context).Tenant, limit))
        {
            Write(json, job);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private async Task UsageAsync(HttpContext context)
    {
        RequestOptions.Of(context.Request, waits: false);
        if (jobs.Find(Caller.Of(context).Tenant, (string)context.Request.RouteValues["id"]!) is not { } job)
        {
            await JobsApi.NotFoundAsync(context);
            return;
        }

        job.Live.WatchUsage(s_watched);
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteStartArray("samples");
        foreach (var sample in job.Usage.All())
        {
            json.WriteStartObject();
            json.WriteNumber("atMs", sample.AtMs);
            json.WriteNumber("cpuMs", sample.CpuMs);
            json.WriteNumber("peakBytes", sample.PeakBytes);
            if (sample.MemoryBytes is { } memory)
            {
                json.WriteNumber("memoryBytes", memory);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ServerJob job)
    {
        json.WriteStartObject();
        json.WriteString("id", job.Id);
        if (job.Name is { } name)
        {
            json.WriteString("name", name);
        }

        json.WriteString("source", job.Source);
        json.WriteString("state", job.State switch { JobState.Queued => "queued", JobState.Running => "running", _ => "ended" });
        WriteTime(json, "queuedAt", job.QueuedAt);
        WriteTime(json, "startedAt", job.StartedAt);
        WriteTime(json, "endedAt", job.EndedAt);
        if (job.Result.IsCompletedSuccessfully)
        {
            var result = job.Result.Result;
            json.WriteString("verdict", ResultFile.NameOf(result.Verdict));
            if (result is JobResult one && job.StartedAt is not null)
            {
                json.WriteNumber("cpuMs", Math.Round(one.Time.Cpu.TotalMilliseconds, 3));
                json.WriteNumber("peakBytes", one.Memory.PeakBytes);
            }
        }

        json.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter json, string name, DateTimeOffset? at)
    {
        if (at is { } time)
        {
            json.WriteString(name, time);
        }
    }

    private static int Limit(Microsoft.Extensions.Primitives.StringValues values) =>
        values.Count == 0 ? Usual
        : values.Count == 1 && int.TryParse(values[0], NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is > 0 and <= Most ? limit
        : throw new BadHttpRequestException($"\"limit\" is a number from 1 to {Most}");
}
