using Microsoft.Extensions.Primitives;
using Sandbox.Server.Access;

namespace Sandbox.Server.Fronts.Judge0;

/// <summary>The REST API of Judge0, in its release 1.13.1.</summary>
internal sealed class Judge0Front : IFront, IDisposable
{
    /// <summary>Whose the submissions are of clients that show one of the tokens of judge0.conf.</summary>
    public const string Tenant = "@judge0";

    private readonly FrontParts _parts;
    private readonly Judge0Settings _settings;
    private readonly SubmissionStore _store;
    private readonly SubmissionRuns _runs;
    private readonly CallbackSender _callbacks;
    private readonly SubmissionsApi _submissions;
    private readonly Judge0Facts _facts;
    private readonly TokenTable _authentication;
    private readonly TokenTable _authorization;

    /// <summary>Made once for all places; takes over what an earlier server has left.</summary>
    /// <exception cref="IOException">The state directory cannot be used.</exception>
    public Judge0Front(FrontParts parts)
    {
        (_parts, _settings) = (parts, parts.Settings.Judge0);
        _authentication = new(_settings.AuthenticationTokens.Select(static token => new Token(Tenant, token)));
        _authorization = new(_settings.AuthorizationTokens.Select(static token => new Token(Tenant, token)));
        _store = new(parts.Settings, parts.Say, parts.Time);
        _callbacks = new(parts.Settings, _settings, parts.Say);
        var translator = new Judge0Translator(parts.Settings, _settings);
        _runs = new(parts, new(parts, "judge0"), _store, translator, _callbacks);
        _submissions = new(parts, _store, _runs, hasNetwork: translator.Network is not null, hasCallbacks: _callbacks.IsAllowed);
        _facts = new(parts, _store, hasNetwork: translator.Network is not null, hasCallbacks: _callbacks.IsAllowed);
        foreach (var kept in _store.TakeUntold())
        {
            _runs.Tell(kept);
        }

        foreach (var kept in _store.TakeWaiting())
        {
            _runs.Begin(kept);
        }
    }

    /// <inheritdoc/>
    public bool HasTokens => _settings.AuthenticationTokens.Count > 0;

    /// <inheritdoc/>
    public string? TokenOf(HttpRequest request) => Shown(request, _settings.AuthenticationHeader);

    /// <inheritdoc/>
    public string? TenantOf(string token) => _authentication.TenantOf("Bearer " + token);

    /// <inheritdoc/>
    public bool IsOpenToAll(HttpRequest request) => HttpMethods.IsOptions(request.Method);

    /// <inheritdoc/>
    public Task RefuseAsync(HttpContext context, int status, string why)
    {
        context.Response.Headers.Remove("WWW-Authenticate");
        return status is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden ? Judge0Answers.EmptyAsync(context, status) : Judge0Answers.ErrorAsync(context, status, why);
    }

    /// <inheritdoc/>
    public async Task AnswerAsync(HttpContext context)
    {
        // Who shows a token may be anybody's page: it has to know the token.
        if (context.Request.Headers.Origin.Count > 0)
        {
            context.Response.Headers.AccessControlAllowOrigin = "*";
        }

        try
        {
            await RouteAsync(context);
        }
        catch (Judge0Refusal refusal) when (!context.Response.HasStarted)
        {
            await Judge0Answers.ErrorAsync(context, refusal.Status, refusal.Message);
        }
        catch (BadHttpRequestException bad) when (!context.Response.HasStarted)
        {
            await Judge0Answers.ErrorAsync(context, bad.StatusCode, bad.Message);
        }
    }

    /// <inheritdoc/>
    public Task FinishAsync() => _runs.FinishAsync();

    /// <inheritdoc/>
    public void Dispose()
    {
        _store.Dispose();
        _callbacks.Dispose();
    }

    private Task RouteAsync(HttpContext context)
    {
        var method = HttpMethods.IsHead(context.Request.Method) ? "GET" : context.Request.Method;
        var parts = (context.Request.Path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        return (method, parts) switch
        {
            ("OPTIONS", _) => OptionsAsync(context),
            ("POST", ["submissions"]) => _submissions.CreateAsync(context),
            ("GET", ["submissions"]) => AuthorizedAsync(context, _submissions.ListAsync),
            ("POST", ["submissions", "batch"]) => _submissions.CreateBatchAsync(context),
            ("GET", ["submissions", "batch"]) => _submissions.ShowBatchAsync(context),
            ("GET", ["submissions", var token]) => _submissions.ShowAsync(context, token),
            ("DELETE", ["submissions", var token]) => AuthorizedAsync(context, request => _submissions.DeleteAsync(request, token)),
            ("GET", ["languages"]) => _facts.LanguagesAsync(context, all: false),
            ("GET", ["languages", "all"]) => _facts.LanguagesAsync(context, all: true),
            ("GET", ["languages", var id]) => _facts.LanguageAsync(context, id),
            ("GET", ["statuses"]) => Judge0Facts.StatusesAsync(context),
            ("GET", ["config_info"]) => _facts.ConfigurationAsync(context),
            ("GET", ["about"]) => _facts.AboutAsync(context),
            ("GET", ["version"]) => Judge0Answers.TextAsync(context, Judge0Facts.Version),
            ("GET", ["isolate"]) => Judge0Answers.TextAsync(context, Judge0Facts.Isolate),
            ("GET", ["license"]) => Judge0Answers.TextAsync(context, Judge0Facts.License),
            ("GET", ["system_info"]) => Judge0Facts.SystemAsync(context),
            ("GET", ["statistics"]) => _facts.StatisticsAsync(context),
            ("GET", ["workers"]) => _facts.WorkersAsync(context),
            ("POST", ["authenticate"]) => Judge0Answers.EmptyAsync(context, StatusCodes.Status200OK),
            ("POST", ["authorize"]) => AuthorizedAsync(context, static request => Judge0Answers.EmptyAsync(request, StatusCodes.Status200OK)),
            _ => Judge0Answers.EmptyAsync(context, StatusCodes.Status404NotFound),
        };
    }

    private Task OptionsAsync(HttpContext context)
    {
        context.Response.Headers.AccessControlAllowMethods = "GET, POST, DELETE, OPTIONS";
        context.Response.Headers.AccessControlAllowHeaders = $"Content-Type, {_settings.AuthenticationHeader}, {_settings.AuthorizationHeader}, Authorization, Tokens";
        return Judge0Answers.EmptyAsync(context, StatusCodes.Status204NoContent);
    }

    private Task AuthorizedAsync(HttpContext context, Func<HttpContext, Task> next) =>
        Shown(context.Request, _settings.AuthorizationHeader) is { } token && _authorization.TenantOf("Bearer " + token) is not null ? next(context) : Judge0Answers.EmptyAsync(context, StatusCodes.Status403Forbidden);

    private static string? Shown(HttpRequest request, string name) => One(request.Headers[name]) ?? One(request.Query[name]);

    private static string? One(StringValues values) => values is [{ Length: > 0 } value] ? value : null;
}
