using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Sandbox.Server.Jobs;
using Sandbox.Server.Queue;
using Sandbox.Server.Settings;
using Sandbox.Server.Trust;

namespace Sandbox.Server.Api;

/// <summary>POST /v1/jobs, GET and DELETE /v1/jobs/{id}.</summary>
internal sealed class JobsApi(JobTable jobs, JobQueue queue, ServerSettings settings)
{
    private static readonly TimeSpan s_longestUpload = TimeSpan.FromSeconds(60);

    /// <summary>Adds its routes.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/jobs", (RequestDelegate)PostAsync);
        routes.MapGet("/v1/jobs/{id}", (RequestDelegate)GetAsync);
        routes.MapDelete("/v1/jobs/{id}", (RequestDelegate)DeleteAsync);
    }

    private async Task PostAsync(HttpContext context)
    {
        var options = RequestOptions.Of(context.Request, waits: true, "wait", "cancel", "priority", "deadline");
        var body = await ReadAsync(context);
        JobSpec asked;
        try
        {
            // No directory is theirs that a relative path could start from.
            asked = JobFile.Parse(body.Span, "");
        }
        catch (InvalidJobException invalid)
        {
            await Problems.WriteAsync(context, StatusCodes.Status400BadRequest, "the job is not valid", invalid.Problems);
            return;
        }

        if (TrustBoundary.Check(asked) is { Count: > 0 } refused)
        {
            await Problems.WriteAsync(context, StatusCodes.Status403Forbidden, "the job asks for what this server does not give", JobFile.Locate(body.Span, new(refused)).Problems);
            return;
        }

        var (spec, changed) = LimitMaxima.Apply(asked, settings.Maximum);
        var taken = jobs.Take(new()
        {
            Spec = spec,
            ChangedLimits = changed,
            Queue = options.Queue with { MemoryBytes = spec.Limits.MemoryBytes ?? settings.Queue.MemoryBytes },
            Key = options.Key,
            Body = body,
        });
        await (taken switch
        {
            { Conflicts: true } => Problems.WriteAsync(context, StatusCodes.Status409Conflict, "this idempotency key came with another job before"),
            { Job: { } job } => AnswerAsync(context, job, options),
            { Refusal: QueueRefusal.Full } => BusyAsync(context),
            { Refusal: QueueRefusal.NeverFits } => Problems.WriteAsync(context, StatusCodes.Status403Forbidden, "the job's memory limit is above what this server has for all jobs together",
                [new() { Pointer = "/limits/memory", Message = $"at most {Quantities.FormatSize(settings.Queue.MemoryBytes)}" }]),
            _ => Problems.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "the server is shutting down"),
        });
    }

    private Task GetAsync(HttpContext context)
    {
        var options = RequestOptions.Of(context.Request, waits: false, "wait", "cancel");
        return jobs.Find(Id(context)) is { } job ? AnswerAsync(context, job, options) : NotFoundAsync(context);
    }

    private Task DeleteAsync(HttpContext context)
    {
        var options = RequestOptions.Of(context.Request, waits: true, "wait");
        if (jobs.Find(Id(context)) is not { } job)
        {
            return NotFoundAsync(context);
        }

        job.Cancel();
        return AnswerAsync(context, job, options);
    }

    private async Task AnswerAsync(HttpContext context, ServerJob job, RequestOptions options)
    {
        context.Response.Headers["Sandbox-Job"] = job.Id;
        if (job.ChangedLimits.Count > 0)
        {
            context.Response.Headers["Sandbox-Limits"] = string.Join(", ", job.ChangedLimits);
        }

        try
        {
            if (options.Waits)
            {
                await job.Result.WaitAsync(context.RequestAborted);
            }

            await (job.Result.IsCompleted ? WriteResultAsync(context, await job.Result) : WriteStateAsync(context, job));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            if (options.EndsWithConnection)
            {
                job.Cancel();
            }
        }
        catch (InvalidJobException invalid)
        {
            await Problems.WriteAsync(context, StatusCodes.Status400BadRequest, "the job is not valid", invalid.Problems);
        }
    }

    private static async Task WriteResultAsync(HttpContext context, JobResult result)
    {
        context.Response.ContentType = "application/json";
        ResultFile.Write(context.Response.BodyWriter, result, pretty: false);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    private async Task WriteStateAsync(HttpContext context, ServerJob job)
    {
        context.Response.ContentType = "application/json";
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.Headers.Location = $"/v1/jobs/{job.Id}";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("id", job.Id);
        if (job.Ticket.Position is { } position)
        {
            json.WriteString("state", "queued");
            json.WriteNumber("position", position);
            json.WriteNumber("estimatedWaitMs", Math.Round(queue.EstimatedWait(position).TotalMilliseconds));
        }
        else
        {
            json.WriteString("state", "running");
        }

        json.WriteNumber("ageMs", Math.Round(job.Ticket.Age.TotalMilliseconds));
        json.WriteEndObject();
    }

    private Task BusyAsync(HttpContext context)
    {
        var seconds = Math.Max(1, Math.Ceiling(queue.EstimatedWait(0).TotalSeconds));
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return Problems.WriteAsync(context, StatusCodes.Status429TooManyRequests, "as many jobs wait as may");
    }

    // The rate that Kestrel holds clients to would let 16 MiB take most of a day.
    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext context)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        late.CancelAfter(s_longestUpload);
        var bytes = new ArrayBufferWriter<byte>();
        try
        {
            while (await context.Request.Body.ReadAsync(bytes.GetMemory(16 << 10), late.Token) is var read and > 0)
            {
                bytes.Advance(read);
            }
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw new BadHttpRequestException("the request took too long", StatusCodes.Status408RequestTimeout);
        }

        return bytes.WrittenMemory;
    }

    private static string Id(HttpContext context) => (string)context.Request.RouteValues["id"]!;

    private static Task NotFoundAsync(HttpContext context) => Problems.WriteAsync(context, StatusCodes.Status404NotFound, "there is no such job");
}
