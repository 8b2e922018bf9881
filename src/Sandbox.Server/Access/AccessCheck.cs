using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Sandbox.Server.Api;
using Sandbox.Server.Fronts;
using Sandbox.Server.Listening;
using Sandbox.Server.Page;

namespace Sandbox.Server.Access;

// Before routing and before WebSockets: what is not let in has no effect, whatever it asked for.

/// <summary>Says who sent a request, or refuses it.</summary>
internal sealed class AccessCheck
{
    // They tell nothing but whether the server lives and has room, and whoever asks, such as a load balancer, has no token. The page's files tell nothing of this
    // server, and a browser that is to ask for a token has to have them first.
    private static readonly string[] s_openPaths = ["/healthz", "/readyz", .. PageFiles.Paths];

    private readonly Credentials _credentials;
    private readonly FrontTable _fronts;
    private readonly Action<string> _refused;
    private readonly Way[] _ways;

    /// <summary>By what the server was told.</summary>
    /// <param name="credentials">What is to be shown.</param>
    /// <param name="fronts">The other APIs.</param>
    /// <param name="refused">Takes why somebody was not let in.</param>
    public AccessCheck(Credentials credentials, FrontTable fronts, Action<string> refused)
    {
        (_credentials, _fronts, _refused) = (credentials, fronts, refused);
        _ways =
        [
            new(static visit => visit.Headers.Authorization, (_, shown) => credentials.Tokens.TenantOf(shown)),

            // Where nothing is asked for, clients of another API send what they have, and it means nothing.
            new(static visit => visit.IsOpen ? default : new StringValues(visit.Front?.TokenOf(visit.Context.Request)), (visit, shown) => visit.Front!.TenantOf(shown!) ?? credentials.Tokens.TenantOf("Bearer " + shown)),

            // A browser shows a certificate for whatever page asks it to.
            new(visit => new StringValues(CertificateTenant(visit.Context)), static (_, shown) => shown) { IsShownByBrowsers = true },
        ];
    }

    /// <summary>Calls the rest for whoever is let in.</summary>
    public Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        context.Features.Set<Caller>(null); // whoever sent the request before it on this connection
        if (context.Features.Get<Entrance>() is not { } entrance)
        {
            return RefuseAsync(context, StatusCodes.Status403Forbidden, "nobody knows where this request came in", null);
        }

        var visit = VisitOf(context, entrance);
        if (visit.IsOpen && HostRefusal(context, entrance) is { } notHere)
        {
            return RefuseAsync(context, StatusCodes.Status421MisdirectedRequest, notHere, entrance);
        }

        if (visit.IsOpen && BrowserRule.OriginRefusal(visit.Headers, context.Request.Scheme) is { } foreign)
        {
            return RefuseAsync(context, StatusCodes.Status403Forbidden, foreign, entrance);
        }

        // Who shows something is its tenant, also where nothing is asked for, and what nobody knows is never overlooked.
        foreach (var way in _ways)
        {
            if (way.Shown(visit) is { Count: > 0 } shown)
            {
                return Decide(visit, way, shown, next);
            }
        }

        return entrance.IsUnix ? LetIn(context, next, Caller.Owner)
            : visit.IsOpen ? LetIn(context, next, Caller.Anybody)
            : IsOpenPath(visit) ? next(context)
            : ChallengeAsync(context, entrance, "");
    }

    private Task Decide(Visit visit, Way way, StringValues shown, RequestDelegate next)
    {
        if (way.IsShownByBrowsers && BrowserRule.OriginRefusal(visit.Headers, visit.Context.Request.Scheme) is { } foreign)
        {
            return RefuseAsync(visit.Context, StatusCodes.Status403Forbidden, foreign, visit.Entrance);
        }

        return way.TenantOf(visit, shown) is { } tenant ? LetIn(visit.Context, next, new(tenant))
            : visit.Front is not null && IsOpenPath(visit) ? next(visit.Context) // nobody is asked who they are there, whatever they show
            : ChallengeAsync(visit.Context, visit.Entrance, ", error=\"invalid_token\"");
    }

    private Visit VisitOf(HttpContext context, Entrance entrance)
    {
        var front = entrance.Front is { } place ? _fronts.Of(place) : null;
        return new(context, entrance, front, IsOpen: !entrance.IsUnix && front is not { HasTokens: true } && (entrance.Front is { NeedsNoToken: true } || (!_credentials.AreAsked && entrance.IsLocal)));
    }

    // By a name that is not the server's, a page whose name was made to mean its address would ask.
    private static string? HostRefusal(HttpContext context, Entrance entrance)
    {
        var host = context.Request.Headers.Host;
        return entrance.Front is { } front && host is [{ } name] && front.IsCalled(name) ? null
            : entrance.IsLocal ? BrowserRule.HostRefusal(host, entrance.Port!, context.Request.Scheme)
            : "Host is no name that host= gives this server";
    }

    private static bool IsOpenPath(Visit visit) =>
        visit.Front is { } front ? front.IsOpenToAll(visit.Context.Request) : s_openPaths.Contains(visit.Context.Request.Path.Value);

    // One that was good for what the server was told before is shown again: the connection ends.
    private string? CertificateTenant(HttpContext context) =>
        _credentials is { TakesCertificates: true, Tls: { } tls } && context.Features.Get<TlsFiles>() == tls && context.Features.Get<ITlsConnectionFeature>()?.ClientCertificate is { } certificate
            ? TlsFiles.TenantOf(certificate) : null;

    private static Task LetIn(HttpContext context, RequestDelegate next, Caller caller)
    {
        context.Features.Set(caller);
        return next(context);
    }

    private Task ChallengeAsync(HttpContext context, Entrance entrance, string error)
    {
        context.Response.Headers.WWWAuthenticate = $"Bearer realm=\"sandbox\"{error}";
        return RefuseAsync(context, StatusCodes.Status401Unauthorized, error.Length > 0 ? "the token is none of this server's" : _credentials.TakesCertificates ? "this server asks for a certificate or a token" : "this server asks for a token", entrance);
    }

    // The connection ends with it: whoever was not let in holds nothing of the server.
    private Task RefuseAsync(HttpContext context, int status, string why, Entrance? entrance)
    {
        _refused($"a request to {entrance?.Name ?? "nowhere"} from {context.Connection.RemoteIpAddress?.ToString() ?? "a unix socket"}: {why}");
        context.Response.Headers.Connection = "close";
        return entrance?.Front is { } place ? _fronts.Of(place).RefuseAsync(context, status, why) : Problems.WriteAsync(context, status, why);
    }

    /// <summary>A request, and where it came in.</summary>
    /// <param name="Context">The request.</param>
    /// <param name="Entrance">Where it came in.</param>
    /// <param name="Front">The other API there; null for the server's own.</param>
    /// <param name="IsOpen">Nothing has to be shown there.</param>
    private sealed record Visit(HttpContext Context, Entrance Entrance, IFront? Front, bool IsOpen)
    {
        public IHeaderDictionary Headers => Context.Request.Headers;
    }

    /// <summary>A way of showing who one is; the first one by which a request shows anything decides.</summary>
    /// <param name="Shown">What is shown; none for nothing.</param>
    /// <param name="TenantOf">Whose that is; null for nobody's.</param>
    private sealed record Way(Func<Visit, StringValues> Shown, Func<Visit, StringValues, string?> TenantOf)
    {
        /// <summary>A browser shows it by itself, so a page of another site could ask with it.</summary>
        public bool IsShownByBrowsers { get; init; }
    }
}
