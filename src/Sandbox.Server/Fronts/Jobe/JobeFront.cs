using System.Text.Json;
using Sandbox.Server.Access;
using Sandbox.Server.Jobs;

namespace Sandbox.Server.Fronts.Jobe;

/// <summary>The REST API of Jobe, as questions of Moodle use it.</summary>
internal sealed class JobeFront : IFront
{
    private const string Start = "/jobe/index.php/restapi/";
    private const string Overload = "!** TESTING OVERLOAD EXCEPTION **!";
    private const int Compilation = 11;
    private const int Error = 12;
    private const int Time = 13;
    private const int Success = 15;
    private const int Internal = 20;
    private const int TooBusy = 21;

    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(10);

    private readonly FrontParts _parts;
    private readonly FrontJobs _jobs;
    private readonly KeptFiles _files;
    private readonly JobeTranslator _translator;

    /// <summary>Made once for all places.</summary>
    public JobeFront(FrontParts parts)
    {
        _parts = parts;
        _jobs = new(parts, "jobe");
        _files = new(parts.Files, parts.Settings, parts.Time);
        _translator = new(parts.Settings);
    }

    /// <inheritdoc/>
    public string? TokenHeader => "X-API-KEY";

    /// <inheritdoc/>
    public bool IsOpenToAll(HttpRequest request) => HttpMethods.IsOptions(request.Method) || (HttpMethods.IsGet(request.Method) && Rest(request) == "languages");

    /// <inheritdoc/>
    public Task RefuseAsync(HttpContext context, int status, string why)
    {
        context.Response.Headers.Remove("WWW-Authenticate");
        context.Response.Headers.AccessControlAllowOrigin = "*";
        return status != StatusCodes.Status401Unauthorized ? JobeAnswers.SayAsync(context, status, why)
            : JobeAnswers.SayAsync(context, StatusCodes.Status403Forbidden, context.Request.Headers[TokenHeader!].Count > 0 ? "Unknown API key" : "Missing API key");
    }

    /// <inheritdoc/>
    public async Task AnswerAsync(HttpContext context)
    {
        context.Response.Headers.AccessControlAllowOrigin = "*";
        try
        {
            await RouteAsync(context);
        }
        catch (JobeRefusal refusal) when (!context.Response.HasStarted)
        {
            await JobeAnswers.SayAsync(context, refusal.Status, refusal.Message);
        }
        catch (BadHttpRequestException bad) when (!context.Response.HasStarted)
        {
            await JobeAnswers.SayAsync(context, bad.StatusCode, bad.Message);
        }
    }

    private static string? Rest(HttpRequest request) =>
        request.Path.Value is { } path && path.StartsWith(Start, StringComparison.Ordinal) ? path[Start.Length..].TrimEnd('/') : null;

    private Task RouteAsync(HttpContext context)
    {
        const string Files = "files/";
        return (context.Request.Method, Rest(context.Request)) switch
        {
            ("OPTIONS", _) => OptionsAsync(context),
            ("GET", "languages") => LanguagesAsync(context),
            ("POST", "runs") => RunAsync(context),
            ("PUT", { } path) when path.StartsWith(Files, StringComparison.Ordinal) => PutAsync(context, path[Files.Length..]),
            ("HEAD", { } path) when path.StartsWith(Files, StringComparison.Ordinal) => HeadAsync(context, path[Files.Length..]),
            _ => JobeAnswers.SayAsync(context, StatusCodes.Status404NotFound, "there is nothing like that here"),
        };
    }

    private static Task OptionsAsync(HttpContext context)
    {
        context.Response.Headers.AccessControlAllowMethods = "GET, POST, PUT, HEAD, OPTIONS";
        context.Response.Headers.AccessControlAllowHeaders = "X-API-KEY, Content-Type, Accept";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private async Task LanguagesAsync(HttpContext context)
    {
        var languages = await JobeLanguage.OfAsync(_parts.Runtimes);
        await JobeAnswers.WriteAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartArray();
            foreach (var (language, runtime) in languages)
            {
                json.WriteStartArray();
                json.WriteStringValue(language.Id);
                json.WriteStringValue(runtime.Version);
                json.WriteEndArray();
            }

            json.WriteEndArray();
        });
    }

    private async Task PutAsync(HttpContext context, string id)
    {
        using var body = await JobeAnswers.BodyAsync(context);
        var tenant = Caller.Of(context).Tenant;
        if (!JobeRequest.FileId().IsMatch(id))
        {
            throw JobeRefusal.Bad("put: the id of a file has at least 8 letters and digits");
        }

        byte[] bytes;
        try
        {
            bytes = body.RootElement.ValueKind == JsonValueKind.Object && body.RootElement.TryGetProperty("file_contents", out var contents) && contents.ValueKind == JsonValueKind.String
                ? Decoded(contents.GetString()!) : throw JobeRefusal.Bad("put: missing file_contents parameter");
        }
        catch (Exception wrong) when (wrong is FormatException or InvalidOperationException)
        {
            throw JobeRefusal.Bad($"put: contents of file {id} are not valid base-64");
        }

        if (!_parts.Files.TryEnter(tenant))
        {
            throw new JobeRefusal(StatusCodes.Status500InternalServerError, "as many files are sent and read as may be at once");
        }

        try
        {
            using var source = new MemoryStream(bytes);
            await _files.PutAsync(tenant, id, source, context.RequestAborted, id);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        catch (SandboxException failure)
        {
            throw new JobeRefusal(StatusCodes.Status500InternalServerError, failure.Errno == "EFBIG" ? failure.Message : "the file cannot be stored");
        }
        finally
        {
            _parts.Files.Leave(tenant);
        }
    }

    // With line breaks in it, and without what fills up its end, it is still one.
    private static byte[] Decoded(string base64)
    {
        var digits = string.Concat(base64.Where(static letter => letter is not (' ' or '\t' or '\r' or '\n')));
        return Convert.FromBase64String(digits.Contains('=', StringComparison.Ordinal) ? digits : digits.PadRight((digits.Length + 3) / 4 * 4, '='));
    }

    private async Task HeadAsync(HttpContext context, string id)
    {
        var tenant = Caller.Of(context).Tenant;
        await using var bytes = _files.Find(tenant, id) is { } file ? await _files.OpenAsync(tenant, id, file, context.RequestAborted) : null;
        context.Response.StatusCode = bytes is null ? StatusCodes.Status404NotFound : StatusCodes.Status204NoContent;
    }

    private async Task RunAsync(HttpContext context)
    {
        using var body = await JobeAnswers.BodyAsync(context);
        var caller = Caller.Of(context);
        var request = await JobeRequest.ReadAsync(body.RootElement, _parts.Runtimes);
        var files = await FilesAsync(request, caller, context.RequestAborted);
        if (request.Code.Contains(Overload, StringComparison.Ordinal))
        {
            await JobeAnswers.RunAsync(context, TooBusy, "", "", "");
            return;
        }

        JobResult? compiled = null;
        if (_translator.Compile(request, files) is { } compiler)
        {
            if (await EndAsync(compiler, caller, context.RequestAborted) is not { } built)
            {
                await JobeAnswers.RunAsync(context, TooBusy, "", "", "");
                return;
            }

            compiled = built;
            var said = Text(built.Stderr);
            if (said.Length > 0 || built.Verdict != Verdict.Ok)
            {
                await JobeAnswers.RunAsync(context, IsOurs(built.Verdict) ? Internal : Compilation, said.Length > 0 ? said : Text(built.Stdout) is { Length: > 0 } printed ? printed : built.Message, "", "");
                return;
            }
        }

        await (await EndAsync(_translator.Run(request, files, compiled), caller, context.RequestAborted) is { } result ? TellAsync(context, request, result) : JobeAnswers.RunAsync(context, TooBusy, "", "", ""));
    }

    private async Task<IReadOnlyDictionary<string, Content>> FilesAsync(JobeRequest request, Caller caller, CancellationToken cancellationToken)
    {
        var files = new Dictionary<string, Content>(StringComparer.Ordinal);
        foreach (var (id, name) in request.Files)
        {
            // The store may have dropped it: then the client sends it once more.
            await using var bytes = _files.Find(caller.Tenant, id) is { } file ? await _files.OpenAsync(caller.Tenant, id, file, cancellationToken) : null;
            files[name] = bytes is null ? throw new JobeRefusal(StatusCodes.Status404NotFound, "One or more of the specified files is missing/unavailable") : Content.Stored(_files.Find(caller.Tenant, id)!.Sha256);
        }

        return files;
    }

    // Null where no slot was free in time.
    private async Task<JobResult?> EndAsync(JobSpec spec, Caller caller, CancellationToken cancellationToken)
    {
        FrontTaking taking;
        try
        {
            taking = _jobs.Take(spec, caller, startBefore: s_longestWait, held: spec.Outputs.Count > 0 ? FrontHold.CompiledBytes : 0);
        }
        catch (InvalidJobException invalid)
        {
            throw JobeRefusal.Bad(string.Join("; ", invalid.Problems.Select(static problem => $"{problem.Pointer}: {problem.Message}")));
        }

        if (taking.Job is not { } job)
        {
            return taking.Refused is FrontRefusal.Full ? null
                : throw new JobeRefusal(StatusCodes.Status500InternalServerError, taking.Refused == FrontRefusal.Forbidden ? taking.Why : "this server does not take the run");
        }

        await using var gone = cancellationToken.Register(job.Cancel);
        try
        {
            var result = (JobResult)await job.Result;
            return job.StartedAt is null ? null : result;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            throw new JobeRefusal(StatusCodes.Status500InternalServerError, FrontFailure.Words(failure));
        }
    }

    private static Task TellAsync(HttpContext context, JobeRequest request, JobResult result)
    {
        var (stdout, stderr) = (Text(result.Stdout), Text(result.Stderr));

        // Moodle shows no tabs; Java begins lines of a trace with one.
        stderr = request.Language.Id == "java" ? stderr.Replace("\n\t", "\n        ", StringComparison.Ordinal) : stderr;
        return result.Verdict switch
        {
            Verdict.CpuTimeLimit or Verdict.WallTimeLimit or Verdict.IdleLimit or Verdict.OutputLimit => JobeAnswers.RunAsync(context, Time, "", stdout, ""),
            Verdict.Ok or Verdict.ExitCode or Verdict.OutputError => JobeAnswers.RunAsync(context, stderr.Length > 0 ? Error : Success, "", stdout, stderr),
            var verdict when IsOurs(verdict) => JobeAnswers.RunAsync(context, Internal, "", stdout, stderr.Length > 0 ? stderr : result.Message),
            _ => JobeAnswers.RunAsync(context, Error, "", stdout, stderr.Length > 0 ? stderr : result.Message),
        };
    }

    private static bool IsOurs(Verdict verdict) => verdict is Verdict.SetupError or Verdict.InternalError or Verdict.Cancelled or Verdict.InvalidJob;

    private static string Text(StreamResult stream) => JobeAnswers.Text((stream.Content ?? ReadOnlyMemory<byte>.Empty).Span);
}
