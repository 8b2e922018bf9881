using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json.Serialization;
using Sandbox.Server.Access;
using Sandbox.Server.Jobs;
using Sandbox.Server.Queue;

namespace Sandbox.Server.Api;

/// <summary>GET /v1/jobs/{id}/events and /stream, POST /v1/jobs/{id}/signal.</summary>
internal sealed class LiveApi(JobTable jobs, JobQueue queue)
{
    /// <summary>What the query of /events may have.</summary>
    public static readonly string[] EventsQuery = ["cancel"];

    /// <summary>What the query of /stream may have.</summary>
    public static readonly string[] StreamQuery = ["cancel", "from", "stdin"];

    /// <summary>What the query of /signal may have.</summary>
    public static readonly string[] SignalQuery = ["name"];

    // For the client's half of the closing, after the result.
    private static readonly TimeSpan s_toClose = TimeSpan.FromSeconds(5);

    /// <summary>Adds its routes.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/jobs/{id}/events", (RequestDelegate)EventsAsync);
        routes.MapGet("/v1/jobs/{id}/stream", (RequestDelegate)StreamAsync);
        routes.MapPost("/v1/jobs/{id}/signal", (RequestDelegate)SignalAsync);
    }

    private async Task EventsAsync(HttpContext context)
    {
        var options = RequestOptions.Of(context.Request, waits: true, EventsQuery);
        var after = Id(context.Request.Headers["Last-Event-ID"], "Last-Event-ID");
        if (Find(context) is not { } job)
        {
            await JobsApi.NotFoundAsync(context);
            return;
        }

        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["Sandbox-Job"] = job.Id;
        await ViewAsync(context, job, new EventWriter(context.Response), after, options, context.RequestAborted);
    }

    private async Task StreamAsync(HttpContext context)
    {
        var options = RequestOptions.Of(context.Request, waits: true, StreamQuery);
        var after = Id(context.Request.Query["from"], "from");
        var asksStdin = JobsApi.IsStdinLive(context.Request);
        if (Find(context) is not { } job)
        {
            await JobsApi.NotFoundAsync(context);
            return;
        }

        var offered = context.WebSockets.WebSocketRequestedProtocols;
        if (!context.WebSockets.IsWebSocketRequest || (offered.Count > 0 && !offered.Contains(JobSocket.Protocol)))
        {
            await Problems.WriteAsync(context, StatusCodes.Status400BadRequest, $"this is for a WebSocket of the subprotocol {JobSocket.Protocol}");
            return;
        }

        if (asksStdin && !job.Live.TakeStdin())
        {
            await Problems.WriteAsync(context, StatusCodes.Status409Conflict, job.Live.HasStdin ? "another connection has had this job's stdin" : "the stdin of this job is not live");
            return;
        }

        try
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync(offered.Count > 0 ? JobSocket.Protocol : null);
            using var client = new JobSocket(socket, job, asksStdin, options.EndsWithConnection);
            await TalkAsync(context, job, socket, client, after, options);
        }
        catch (WebSocketException)
        {
            // the client is gone
        }
    }

    private async Task TalkAsync(HttpContext context, ServerJob job, WebSocket socket, JobSocket client, long after, RequestOptions options)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var receiving = client.ReceiveAsync(gone.Token);
        var viewing = ViewAsync(context, job, client, after, options, gone.Token);
        var first = await Task.WhenAny(receiving, viewing);
        if (first == viewing && viewing.IsCompletedSuccessfully && socket.State == WebSocketState.Open)
        {
            gone.CancelAfter(s_toClose);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, gone.Token);
            await receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await gone.CancelAsync();
        await Task.WhenAll(receiving, viewing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (socket.State == WebSocketState.CloseReceived)
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
    }

    private async Task ViewAsync(HttpContext context, ServerJob job, ILiveWriter writer, long after, RequestOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await new LiveView(queue, job, writer).RunAsync(after, cancellationToken);
        }
        catch (Exception failure) when (failure is OperationCanceledException or WebSocketException or IOException or ObjectDisposedException)
        {
            if (options.EndsWithConnection)
            {
                job.Cancel();
            }

            // It has taken nothing for too long: the connection is of no more use to anybody.
            if (!cancellationToken.IsCancellationRequested)
            {
                context.Abort();
            }
        }
    }

    private async Task SignalAsync(HttpContext context)
    {
        RequestOptions.Of(context.Request, waits: true, SignalQuery);
        var name = (string?)context.Request.Query["name"] ?? "";
        if (Find(context) is not { } job)
        {
            await JobsApi.NotFoundAsync(context);
            return;
        }

        if (SignalRequest.Number(name) is not { } number)
        {
            await Problems.WriteAsync(context, StatusCodes.Status400BadRequest, "\"name\" is a signal that a process can handle, such as SIGTERM; DELETE of the job kills it");
            return;
        }

        if (!job.Live.Signal(number))
        {
            await Problems.WriteAsync(context, StatusCodes.Status409Conflict, "the job does not run");
            return;
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private ServerJob? Find(HttpContext context) => jobs.Find(Caller.Of(context).Tenant, (string)context.Request.RouteValues["id"]!);

    private static long Id(Microsoft.Extensions.Primitives.StringValues values, string name) =>
        values.Count == 0 ? 0
        : values.Count == 1 && long.TryParse(values[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id
        : throw new BadHttpRequestException($"\"{name}\" is the id of the last event that was read");
}

/// <summary>Names of signals in requests.</summary>
internal static class SignalRequest
{
    /// <summary>The number of a signal that may be sent; null if there is none of that name.</summary>
    public static int? Number(string name)
    {
        try
        {
            return name is "SIGKILL" or "SIGSTOP" ? null : Signals.NumberOf(name);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}

/// <summary>A text message of a client.</summary>
internal sealed record LiveCommand
{
    /// <summary>What to do.</summary>
    public string Type { get; init; } = "";

    /// <summary>The name of a signal.</summary>
    public string? Signal { get; init; }

    /// <summary>The height of the window.</summary>
    public int Rows { get; init; }

    /// <summary>Its width.</summary>
    public int Columns { get; init; }
}

/// <summary>Reads text messages.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(LiveCommand))]
internal sealed partial class LiveJson : JsonSerializerContext;
