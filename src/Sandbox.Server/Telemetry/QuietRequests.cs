using System.Diagnostics;
using OpenTelemetry;
using Sandbox.Server.Page;

namespace Sandbox.Server.Telemetry;

/// <summary>Keeps requests that only look, and come again and again, out of the traces: an open page asks every second, and a scraper and a balancer for ever.</summary>
internal sealed class QuietRequests : BaseProcessor<Activity>
{
    private static readonly HashSet<string> s_routes = [.. PageFiles.Paths, "/metrics", "/healthz", "/readyz", "/v1/host", "/v1/jobs", "/v1/jobs/{id}/usage"];

    /// <inheritdoc/>
    public override void OnEnd(Activity data)
    {
        if (data.GetTagItem("http.request.method") is "GET" && data.GetTagItem("http.route") is string route && s_routes.Contains(route))
        {
            data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
    }
}
