using System.Reflection;
using System.Text.Json;
using Sandbox.Server.Queue;
using Sandbox.Server.Settings;

namespace Sandbox.Server.Api;

/// <summary>GET /healthz, /readyz and /v1/host.</summary>
internal sealed class HostApi(JobQueue queue, ServerSettings settings)
{
    private static readonly string s_version =
        typeof(HostApi).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    /// <summary>Adds its routes.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", (RequestDelegate)(static context => context.Response.WriteAsync("alive\n")));
        routes.MapGet("/readyz", (RequestDelegate)ReadyAsync);
        routes.MapGet("/v1/host", (RequestDelegate)HostAsync);
    }

    private Task ReadyAsync(HttpContext context) =>
        queue.IsClosed ? Problems.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "the server is shutting down")
        : queue.Waiting >= settings.Queue.MaxWaiting && queue.Running >= settings.Queue.Slots ? Problems.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "as many jobs wait as may")
        : context.Response.WriteAsync("ready\n");

    private async Task HostAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("version", s_version);
        json.WriteBoolean("draining", queue.IsClosed);
        json.WriteNumber("slots", settings.Queue.Slots);
        json.WriteNumber("running", queue.Running);
        json.WriteNumber("waiting", queue.Waiting);
        json.WriteNumber("maxWaiting", settings.Queue.MaxWaiting);
        json.WriteStartObject("memory");
        json.WriteNumber("bytes", settings.Queue.MemoryBytes);
        json.WriteNumber("freeBytes", queue.MemoryFree);
        json.WriteEndObject();
        json.WriteStartObject("maxLimits");
        foreach (var limit in JobLimit.All)
        {
            if (limit.Text(settings.Maximum) is { } text)
            {
                json.WriteString(limit.Name, text);
            }
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
