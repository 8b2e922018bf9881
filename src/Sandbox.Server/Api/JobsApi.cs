using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Sandbox.Server.Access;
using Sandbox.Server.Jobs;
using Sandbox.Server.Queue;
using Sandbox.Server.Settings;
using Sandbox.Server.Telemetry;

namespace Sandbox.Server.Api;

/// <summary>POST /v1/jobs, GET and DELETE /v1/jobs/{id}.</summary>
internal sealed class JobsApi(JobTable jobs, JobQueue queue, ServerSettings settings)
{
    /// <summary>What the query of POST may have.</summary>
    public static readonly string[] PostQuery = ["wait", "cancel", "priority", "deadline", "stdin"];

    /// <summary>What the query of GET may have.</summary>
    public static readonly string[] GetQuery = ["wait", "cancel"];

    /// <summary>What the query of DELETE may have.</summary>
    public static readonly string[] DeleteQuery = ["wait"];

    private const int Slice = 64 << 10;

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
        var options = RequestOptions.Of(context.Request, waits: true, PostQuery);
        var caller = Caller.Of(context);
        var stdinIsLive = IsStdinLive(context.Request);
        if (stdinIsLive && options.Waits)
        {
            throw new BadHttpRequestException("\"stdin=live\" needs \"wait=0\": the id comes with the answer, and stdin is written by it");
        }

        var body = await ReadAsync(context);
        var intake = JobIntake.Read(body, stdinIsLive, settings);
        if (intake.Job is not { } spec)
        {
            ServeMetrics.Refused(intake.Status == StatusCodes.Status403Forbidden ? RefusalReason.Forbidden : RefusalReason.Invalid);
            await Problems.WriteAsync(context, intake.Status, intake.Title, intake.Problems);
            return;
        }

        var taken = jobs.Take(new()
        {
            Spec = spec,
            ChangedLimits = intake.ChangedLimits,
            Owner = caller.Tenant,
            Queue = options.Queue with { MostWaiting = MostWaiting(caller), MemoryBytes = spec.MemoryAtOnce() ?? settings.Queue.MemoryBytes },
            Held = () => new(settings.Allowed),
            Key = options.Key,
            IsDurable = !options.Waits || options.Key is not null,
            Body = body,
        });
        Count(taken);
        await (taken switch
        {
            { Conflicts: true } => Problems.WriteAsync(context, StatusCodes.Status409Conflict, "this idempotency key came with another job before"),
            { HasNoRoom: true } => NoRoomAsync(context),
            { Job: { } job } => await job.Accepted ? AnswerAsync(context, job, options) : NoRoomAsync(context),
            { Refusal: QueueRefusal.Full } => BusyAsync(context),
            { Refusal: QueueRefusal.NeverFits } => Problems.WriteAsync(context, StatusCodes.Status422UnprocessableEntity, "the job needs more memory than this server has for all jobs together",
                [new() { Pointer = spec is JobSpec ? "/limits/memory" : "", Message = NeverFits(spec) }]),
            _ => Problems.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "the server is shutting down"),
        });
    }

    private static void Count(Acceptance taken)
    {
        if (taken.Job is null)
        {
            ServeMetrics.Refused(taken switch
            {
                { Conflicts: true } => RefusalReason.Conflict,
                { HasNoRoom: true } => RefusalReason.NoRoom,
                { Refusal: QueueRefusal.Full } => RefusalReason.Full,
                { Refusal: QueueRefusal.NeverFits } => RefusalReason.NeverFits,
                _ => RefusalReason.Draining,
            });
        }
    }

    private string NeverFits(JobDocument job) =>
        $"its memory limits come to {(job.MemoryAtOnce() is { } bytes ? Quantities.FormatSize(bytes) : "any amount")} at one time, and there are {Quantities.FormatSize(settings.Queue.MemoryBytes)}";

    private Task GetAsync(HttpContext context)
    {
        var options = RequestOptions.Of(context.Request, waits: false, GetQuery);
        return Find(context) is { } job ? AnswerAsync(context, job, options) : NotFoundAsync(context);
    }

    private Task DeleteAsync(HttpContext context)
    {
        var options = RequestOptions.Of(context.Request, waits: true, DeleteQuery);
        if (Find(context) is not { } job)
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

            await (job.Result.IsCompleted ? WriteResultAsync(context, job) : WriteStateAsync(context, job));
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
        catch (JobPostponedException postponed)
        {
            await Problems.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, postponed.Message);
        }
        catch (IOException) when (job.Record is not null && !context.Response.HasStarted)
        {
            await Problems.WriteAsync(context, StatusCodes.Status500InternalServerError, "the job is over, and its result cannot be read any more");
        }
    }

    // Made once for all who ask, and a slice at a time: who reads slowly does not hold a copy of its own.
    private static async Task WriteResultAsync(HttpContext context, ServerJob job)
    {
        var json = await job.ResultJsonAsync();
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        for (var from = 0; from < json.Length; from += Slice)
        {
            await context.Response.BodyWriter.WriteAsync(json[from..Math.Min(json.Length, from + Slice)], context.RequestAborted);
        }
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

    private static Task NoRoomAsync(HttpContext context) =>
        Problems.WriteAsync(context, StatusCodes.Status507InsufficientStorage, "the job is to outlive this server, which has no room to write it down");

    private Task BusyAsync(HttpContext context)
    {
        var seconds = Math.Max(1, Math.Ceiling(queue.EstimatedWait(0).TotalSeconds));
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return Problems.WriteAsync(context, StatusCodes.Status429TooManyRequests, "as many jobs wait as may, of all or of this tenant");
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

    private ServerJob? Find(HttpContext context) => jobs.Find(Caller.Of(context).Tenant, (string)context.Request.RouteValues["id"]!);

    // One tenant's flood leaves places to the others.
    private int? MostWaiting(Caller caller) => caller.IsOwner ? null : Math.Max(1, settings.Queue.MaxWaiting / 2);

    /// <summary>The query says stdin=live.</summary>
    public static bool IsStdinLive(HttpRequest request) => request.Query["stdin"] switch
    {
        [] => false,
        ["live"] => true,
        _ => throw new BadHttpRequestException("\"stdin\" is live"),
    };

    /// <summary>Answers that there is no such job.</summary>
    public static Task NotFoundAsync(HttpContext context) => Problems.WriteAsync(context, StatusCodes.Status404NotFound, "there is no such job");
}
