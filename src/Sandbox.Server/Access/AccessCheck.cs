using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Sandbox.Server.Api;
using Sandbox.Server.Fronts;
using Sandbox.Server.Listening;
using Sandbox.Server.Page;

namespace Sandbox.Server.Access;

// Before routing and before WebSockets: what is not let in has no effect, whatever it asked for.

/// <summary>Says who sent a request, or refuses it.</summary>
/// <param name="credentials">What is to be shown.</param>
/// <param name="fronts">The other APIs.</param>
/// <param name="refused">Takes why somebody was not let in.</param>
internal sealed class AccessCheck(Credentials credentials, FrontTable fronts, Action<string> refused)
{
    // They tell nothing but whether the server lives and has room, and whoever asks, such as a load balancer, has no token. The page's files tell nothing of this
    // server, and a browser that is to ask for a token has to have them first.
    private static readonly string[] s_openPaths = ["/healthz", "/readyz", .. PageFiles.Paths];

    /// <summary>Calls the rest for whoever is let in.</summary>
    public Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        var headers = context.Request.Headers;
        context.Features.Set<Caller>(null); // whoever sent the request before it on this connection
        if (context.Features.Get<Entrance>() is not { } entrance)
        {
            return RefuseAsync(context, StatusCodes.Status403Forbidden, "nobody knows where this request came in", null);
        }

        var front = entrance.Front is { } place ? fronts.Of(place) : null;
        var ownToken = front?.TokenOf(context.Request);
        if (front is { HasTokens: true } && headers.Authorization.Count == 0 && ownToken is not null && front.TenantOf(ownToken) is { } known)
        {
            return LetIn(context, next, new(known));
        }

        var isOpen = !entrance.IsUnix && front is not { HasTokens: true } && (entrance.Front is { NeedsNoToken: true } || (!credentials.AreAsked && entrance.IsLocal));
        if (isOpen && HostRefusal(context, entrance) is { } notHere)
        {
            return RefuseAsync(context, StatusCodes.Status421MisdirectedRequest, notHere, entrance);
        }

        if (isOpen && BrowserRule.OriginRefusal(headers, context.Request.Scheme) is { } foreign)
        {
            return RefuseAsync(context, StatusCodes.Status403Forbidden, foreign, entrance);
        }

        // As another API's clients send it. Where nothing is asked for, they send what they have, and it means nothing. Who shows a token is its tenant, also where none is needed, and a wrong one is never overlooked.
        var shown = headers.Authorization.Count > 0 || isOpen || ownToken is null ? headers.Authorization : new StringValues("Bearer " + ownToken);
        if (shown.Count > 0 && !(headers.Authorization.Count == 0 && IsOpenPath(context, entrance)))
        {
            return credentials.Tokens.TenantOf(shown) is { } tenant ? LetIn(context, next, new(tenant))
                : entrance.Front is not null && IsOpenPath(context, entrance) ? next(context) // nobody is asked who they are there, whatever they show
                : ChallengeAsync(context, entrance, ", error=\"invalid_token\"");
        }

        // A browser shows a certificate for whatever page asks it to.
        if (CertificateTenant(context) is { } holder)
        {
            return BrowserRule.OriginRefusal(headers, context.Request.Scheme) is { } other ? RefuseAsync(context, StatusCodes.Status403Forbidden, other, entrance) : LetIn(context, next, new(holder));
        }

        return entrance.IsUnix ? LetIn(context, next, Caller.Owner)
            : isOpen ? LetIn(context, next, Caller.Anybody)
            : IsOpenPath(context, entrance) ? next(context)
            : ChallengeAsync(context, entrance, "");
    }

    // By a name that is not the server's, a page whose name was made to mean its address would ask.
    private static string? HostRefusal(HttpContext context, Entrance entrance)
    {
        var host = context.Request.Headers.Host;
        return entrance.Front is { } front && host is [{ } name] && front.IsCalled(name) ? null
            : entrance.IsLocal ? BrowserRule.HostRefusal(host, entrance.Port!, context.Request.Scheme)
            : "Host is no name that host= gives this server";
    }

    private bool IsOpenPath(HttpContext context, Entrance entrance) =>
        entrance.Front is { } place ? fronts.Of(place).IsOpenToAll(context.Request) : s_openPaths.Contains(context.Request.Path.Value);

    // One that was good for what the server was told before is shown again: the connection ends.
    private string? CertificateTenant(HttpContext context) =>
        credentials is { TakesCertificates: true, Tls: { } tls } && context.Features.Get<TlsFiles>() == tls && context.Features.Get<ITlsConnectionFeature>()?.ClientCertificate is { } certificate
            ? TlsFiles.TenantOf(certificate) : null;

    private static Task LetIn(HttpContext context, RequestDelegate next, Caller caller)
    {
        context.Features.Set(caller);
        return next(context);
    }

    private Task ChallengeAsync(HttpContext context, Entrance entrance, string error)
    {
        context.Response.Headers.WWWAuthenticate = $"Bearer realm=\"sandbox\"{error}";
        return RefuseAsync(context, StatusCodes.Status401Unauthorized, error.Length > 0 ? "the token is none of this server's" : credentials.TakesCertificates ? "this server asks for a certificate or a token" : "this server asks for a token", entrance);
    }

    // The connection ends with it: whoever was not let in holds nothing of the server.
    private Task RefuseAsync(HttpContext context, int status, string why, Entrance? entrance)
    {
        refused($"a request to {entrance?.Name ?? "nowhere"} from {context.Connection.RemoteIpAddress?.ToString() ?? "a unix socket"}: {why}");
        context.Response.Headers.Connection = "close";
        return entrance?.Front is { } place ? fronts.Of(place).RefuseAsync(context, status, why) : Problems.WriteAsync(context, status, why);
    }
}
