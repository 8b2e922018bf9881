using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Sandbox.Server.Access;
using Sandbox.Server.Files;

namespace Sandbox.Server.Fronts.GoJudge;

/// <summary>The HTTP and WebSocket API of go-judge, at its paths.</summary>
internal sealed class GoJudgeFront : IFront
{
    private const int MostParts = 32;

    private static readonly FileExtensionContentTypeProvider s_types = new();

    private readonly FrontParts _parts;
    private readonly KeptFiles _kept;
    private readonly GoJudgeMetrics _metrics;
    private readonly GoJudgeRuns _runs;

    /// <summary>Made once for all places.</summary>
    public GoJudgeFront(FrontParts parts)
    {
        _parts = parts;
        _kept = new(parts.Files, parts.Settings, parts.Time);
        _metrics = new(parts.Queue, _kept);
        _runs = new(new(parts, "go-judge"), _kept, parts.Settings, _metrics);
    }

    /// <inheritdoc/>
    public bool IsOpenToAll(HttpRequest request) => HttpMethods.IsGet(request.Method) && request.Path.Value?.TrimEnd('/') is "/version" or "/config";

    /// <inheritdoc/>
    public Task RefuseAsync(HttpContext context, int status, string why)
    {
        if (status == StatusCodes.Status401Unauthorized)
        {
            context.Response.StatusCode = status;
            context.Response.ContentLength = 0;
            return Task.CompletedTask;
        }

        return GoJudgeAnswers.SayAsync(context, status, why);
    }

    /// <inheritdoc/>
    public async Task AnswerAsync(HttpContext context)
    {
        try
        {
            await RouteAsync(context);
        }
        catch (GoJudgeRefusal refusal) when (!context.Response.HasStarted)
        {
            await GoJudgeAnswers.SayAsync(context, refusal.Status, refusal.Message);
        }
        catch (BadHttpRequestException bad) when (!context.Response.HasStarted)
        {
            await GoJudgeAnswers.SayAsync(context, bad.StatusCode, bad.StatusCode == StatusCodes.Status413PayloadTooLarge ? "the request is larger than this server takes" : bad.Message);
        }
    }

    private Task RouteAsync(HttpContext context)
    {
        const string Files = "/file/";
        var path = context.Request.Path.Value ?? "";

        // There, one with a slash at its end leads to the one without.
        path = path.Length > 1 && path != Files ? path.TrimEnd('/') : path;
        return (context.Request.Method, path) switch
        {
            ("POST", "/run") => RunAsync(context),
            ("GET", "/file" or Files) => ListAsync(context),
            ("POST", "/file") => PutAsync(context),
            ("GET", _) when path.StartsWith(Files, StringComparison.Ordinal) => GetAsync(context, path[Files.Length..]),
            ("DELETE", _) when path.StartsWith(Files, StringComparison.Ordinal) => DeleteAsync(context, path[Files.Length..]),
            ("GET", "/version") => GoJudgeAnswers.WriteAsync(context, StatusCodes.Status200OK, WriteVersion),
            ("GET", "/config") => GoJudgeAnswers.WriteAsync(context, StatusCodes.Status200OK, WriteConfiguration),
            ("GET", "/ws") => UpgradeAsync(context, async socket =>
            {
                using var talk = new GoJudgeSocket(socket, _runs, Caller.Of(context), _parts.Settings.MaxBodyBytes);
                await talk.RunAsync(context.RequestAborted);
            }),
            ("GET", "/stream") => UpgradeAsync(context, async socket =>
            {
                using var talk = new GoJudgeStream(socket, _runs, Caller.Of(context), _parts.Settings.MaxBodyBytes);
                await talk.RunAsync(context.RequestAborted);
            }),
            ("GET", "/metrics") => MetricsAsync(context),
            _ => NowhereAsync(context),
        };
    }

    private async Task RunAsync(HttpContext context)
    {
        var body = await FrontBody.ReadAsync(context);
        RequestForm form;
        try
        {
            form = RequestForm.Read(body);
        }
        catch (JsonException wrong)
        {
            throw GoJudgeRefusal.Invalid(FrontFailure.Words(wrong));
        }

        var run = _runs.Begin(form, Caller.Of(context));
        if (string.Join(", ", run.ChangedLimits) is { Length: > 0 } changed)
        {
            context.Response.Headers["Sandbox-Limits"] = changed;
        }

        // Nobody reads the results of a client that hangs up.
        await using var gone = context.RequestAborted.Register(run.Cancel);
        var results = await run.Results;
        if (!context.RequestAborted.IsCancellationRequested)
        {
            using var held = _runs.Hold(results, Caller.Of(context));
            await GoJudgeAnswers.WriteAsync(context, StatusCodes.Status200OK, json => GoJudgeAnswers.Write(json, results));
        }
    }

    private Task ListAsync(HttpContext context) => GoJudgeAnswers.WriteAsync(context, StatusCodes.Status200OK, json =>
    {
        json.WriteStartObject();
        foreach (var (id, name) in _kept.List(Caller.Of(context).Tenant))
        {
            json.WriteString(id, name);
        }

        json.WriteEndObject();
    });

    private async Task PutAsync(HttpContext context)
    {
        var tenant = Caller.Of(context).Tenant;
        if (!_parts.Files.TryEnter(tenant))
        {
            throw GoJudgeRefusal.CannotRun("as many files are sent and read as may be at once");
        }

        try
        {
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            {
                size.MaxRequestBodySize = null; // the store's own limit counts while it is read
            }

            await GoJudgeAnswers.SayAsync(context, StatusCodes.Status200OK, await TakePartAsync(context, tenant));
        }
        catch (Exception failure) when (failure is InvalidDataException || (failure is IOException and not BadHttpRequestException))
        {
            throw GoJudgeRefusal.Invalid("the body is no multipart form with a part named file");
        }
        catch (SandboxException failure)
        {
            throw GoJudgeRefusal.CannotRun(failure.Errno == "EFBIG" ? failure.Message : $"the file cannot be stored: {failure.Errno}");
        }
        finally
        {
            _parts.Files.Leave(tenant);
        }
    }

    private async Task<string> TakePartAsync(HttpContext context, string tenant)
    {
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) || HeaderUtilities.RemoveQuotes(type.Boundary) is not { Length: > 0 and <= 200 } boundary)
        {
            throw new InvalidDataException();
        }

        var reader = new MultipartReader(boundary.ToString(), context.Request.Body);
        for (var left = MostParts; left > 0 && await reader.ReadNextSectionAsync(context.RequestAborted) is { } part; left--)
        {
            if (ContentDispositionHeaderValue.TryParse(part.ContentDisposition, out var disposition) && HeaderUtilities.RemoveQuotes(disposition.Name).Equals("file", StringComparison.Ordinal))
            {
                var name = HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).ToString();
                var counted = new CountedStream(part.Body);
                var id = await _kept.PutAsync(tenant, Path.GetFileName(name), counted, context.RequestAborted);
                _metrics.CountFile(counted.Bytes);
                return id;
            }
        }

        throw new InvalidDataException();
    }

    private async Task GetAsync(HttpContext context, string id)
    {
        var tenant = Caller.Of(context).Tenant;
        if (!_parts.Files.TryEnter(tenant))
        {
            throw GoJudgeRefusal.CannotRun("as many files are sent and read as may be at once");
        }

        try
        {
            await using var bytes = _kept.Find(tenant, id) is { } file ? await _kept.OpenAsync(tenant, id, file, context.RequestAborted) : null;
            if (bytes is null)
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                context.Response.ContentLength = 0;
                return;
            }

            var name = _kept.Find(tenant, id)?.Name ?? "";
            context.Response.Headers.ContentDisposition = GoJudgeAnswers.Attachment(name);
            context.Response.ContentType = s_types.TryGetContentType(name, out var type) ? type : "application/octet-stream";
            context.Response.ContentLength = bytes.Length;
            await bytes.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
        finally
        {
            _parts.Files.Leave(tenant);
        }
    }

    private async Task DeleteAsync(HttpContext context, string id)
    {
        context.Response.StatusCode = await _kept.RemoveAsync(Caller.Of(context).Tenant, id) ? StatusCodes.Status200OK : StatusCodes.Status404NotFound;
        context.Response.ContentLength = 0;
    }

    private async Task MetricsAsync(HttpContext context)
    {
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        await context.Response.WriteAsync(_metrics.Text(), context.RequestAborted);
    }

    private static async Task UpgradeAsync(HttpContext context, Func<System.Net.WebSockets.WebSocket, Task> talk)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            throw GoJudgeRefusal.Invalid("the request is no upgrade to a WebSocket");
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        try
        {
            await talk(socket);
        }
        catch (Exception gone) when (gone is System.Net.WebSockets.WebSocketException or OperationCanceledException or IOException)
        {
            // the client is gone
        }
    }

    private static Task NowhereAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        context.Response.ContentType = "text/plain";
        return context.Response.WriteAsync("404 page not found", context.RequestAborted);
    }

    private static void WriteVersion(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("buildVersion", "v1.12.2");
        json.WriteString("goVersion", $".NET {Environment.Version}");
        json.WriteString("platform", RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "amd64");
        json.WriteString("os", "linux");
        WriteCapabilities(json);
        json.WriteEndObject();
    }

    private void WriteConfiguration(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        WriteCapabilities(json);
        json.WriteString("fileStorePath", "");
        json.WriteStartObject("runnerConfig");
        var (type, controllers) = CgroupFacts.Of(_parts.Settings.Cgroup);
        json.WriteNumber("cgroupType", type);
        json.WriteStartArray("cgroupControllers");
        foreach (var controller in controllers)
        {
            json.WriteStringValue(controller);
        }

        json.WriteEndArray();
        json.WriteStartArray("mount");
        json.WriteEndArray();
        json.WriteStartArray("symbolicLink");
        json.WriteEndArray();
        json.WriteStartArray("maskedPaths");
        json.WriteEndArray();
        json.WriteString("hostName", "go-judge");
        json.WriteString("domainName", "go-judge");
        json.WriteString("workDir", CommandPaths.WorkingDirectory);
        json.WriteNumber("uid", 1000);
        json.WriteNumber("gid", 1000);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteCapabilities(Utf8JsonWriter json)
    {
        foreach (var name in (string[])["copyOutOptional", "pipeProxy", "symlink", "addressSpaceLimit", "stream", "procPeak", "copyOutTruncate", "pipeProxyZeroCopy", "fixSymlinkEscape"])
        {
            json.WriteBoolean(name, true);
        }
    }
}
