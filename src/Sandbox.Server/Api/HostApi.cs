using System.Reflection;
using System.Text.Json;
using Sandbox.Server.Access;
using Sandbox.Server.Jobs;
using Sandbox.Server.Queue;
using Sandbox.Server.Settings;
using Sandbox.Server.Trust;

namespace Sandbox.Server.Api;

/// <summary>GET /healthz, /readyz and /v1/host.</summary>
internal sealed class HostApi(JobTable jobs, JobQueue queue, ServerSettings settings, Func<PreparedSandboxes> prepared)
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
        var waiting = prepared();
        json.WriteStartObject("prepared");
        json.WriteNumber("sandboxes", waiting.Count);
        json.WriteNumber("bytesEach", waiting.Count == 0 ? 0 : waiting.Bytes / waiting.Count);
        json.WriteEndObject();
        json.WriteStartObject("verdicts");
        foreach (var (verdict, count) in jobs.Verdicts(Caller.Of(context).Tenant))
        {
            json.WriteNumber(ResultFile.NameOf(verdict), count);
        }

        json.WriteEndObject();
        WriteLimits(json, "defaultLimits", LimitMaxima.Of(settings.Default, settings.Maximum));
        WriteLimits(json, "maxLimits", settings.Maximum);
        json.WriteEndObject();
    }

    // As a job's "limits", so that they can be read, and sent, as such.
    private static void WriteLimits(Utf8JsonWriter json, string name, ResourceLimits limits)
    {
        json.WriteStartObject(name);
        foreach (var limit in JobLimit.All)
        {
            limit.Write(json, limits);
        }

        json.WriteEndObject();
    }
}
