using OpenTelemetry.Metrics;

namespace Sandbox.Server.Api;

/// <summary>GET /metrics: the measurements in the text format of Prometheus, or in its successor where the request asks for that.</summary>
internal static class MetricsApi
{
    /// <summary>Adds its route.</summary>
    public static void Map(IEndpointRouteBuilder routes, RequestDelegate scrape) => routes.MapGet("/metrics", scrape);

    /// <summary>What answers it.</summary>
    public static RequestDelegate Scraping(IApplicationBuilder app, MeterProvider metrics) =>
        app.New().UseOpenTelemetryPrometheusScrapingEndpoint(metrics, static _ => true, path: null, configureBranchedPipeline: null, optionsName: null).Build();
}
