using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;

namespace Sandbox.Server.Telemetry;

/// <summary>Gives the span of a request, which the framework has begun, its name and what came of it, by OpenTelemetry's conventions for HTTP servers.</summary>
internal static class RequestSpans
{
    /// <summary>Calls the rest, and tells of it.</summary>
    public static async Task TellAsync(HttpContext context, RequestDelegate next)
    {
        await next(context);
        if (context.Features.Get<IHttpActivityFeature>()?.Activity is not { IsAllDataRequested: true } span)
        {
            return;
        }

        // Without a route there is none of ours, and the path is the client's to choose.
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
        span.DisplayName = route is null ? "HTTP" : $"{context.Request.Method} {route}";
        span.SetTag("http.route", route);
        span.SetTag("http.response.status_code", context.Response.StatusCode);
        if (context.Response.StatusCode >= StatusCodes.Status500InternalServerError)
        {
            span.SetStatus(ActivityStatusCode.Error);
        }
    }
}
