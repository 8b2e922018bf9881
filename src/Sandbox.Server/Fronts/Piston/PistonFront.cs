using System.Buffers;
using System.Net.WebSockets;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sandbox.Server.Access;
using Sandbox.Server.Fronts.Runtimes;

namespace Sandbox.Server.Fronts.Piston;

/// <summary>The API of Piston, version 2, at its paths.</summary>
internal sealed class PistonFront : IFront
{
    private const string Json = "application/json";

    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonDocumentOptions s_reading = new() { MaxDepth = 32 };

    private readonly FrontParts _parts;
    private readonly PistonTranslator _translator;
    private readonly PistonRuns _runs;

    /// <summary>Made once for all places.</summary>
    public PistonFront(FrontParts parts)
    {
        _parts = parts;
        _translator = new(parts.Settings);
        _runs = new(new(parts, "piston"), _translator);
    }

    /// <inheritdoc/>
    public bool IsOpenToAll(HttpRequest request) => false;

    /// <inheritdoc/>
    public Task RefuseAsync(HttpContext context, int status, string why) => SayAsync(context, status, why);

    /// <inheritdoc/>
    public async Task AnswerAsync(HttpContext context)
    {
        try
        {
            await RouteAsync(context);
        }
        catch (PistonRefusal refusal) when (!context.Response.HasStarted)
        {
            await SayAsync(context, refusal.Status, refusal.Message);
        }
        catch (Exception bad) when (bad is PistonBodyException or BadHttpRequestException && !context.Response.HasStarted)
        {
            await WriteAsync(context, StatusCodes.Status400BadRequest, json =>
            {
                json.WriteStartObject();
                json.WriteString("stack", bad.Message);
                json.WriteEndObject();
            });
        }
    }

    /// <summary>Reads the JSON of a request.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> utf8)
    {
        var text = FrontText.Repaired(utf8);
        FrontBody.CheckSize(text.Span);
        return JsonDocument.Parse(text, s_reading);
    }

    /// <summary>JSON as bytes.</summary>
    public static ReadOnlyMemory<byte> Bytes(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, s_options))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return bytes.WrittenMemory;
    }

    private Task RouteAsync(HttpContext context)
    {
        var method = HttpMethods.IsHead(context.Request.Method) ? "GET" : context.Request.Method;
        if (method is not ("GET" or "OPTIONS") && !IsJson(context.Request))
        {
            return SayAsync(context, StatusCodes.Status415UnsupportedMediaType, "requests must be of type application/json");
        }

        // With a slash at its end a path is the same, and in capitals, as there.
        return (method, context.Request.Path.Value?.TrimEnd('/').ToLowerInvariant()) switch
        {
            ("GET", "") => SayAsync(context, StatusCodes.Status200OK, "Piston v3.1.1"),
            ("GET", "/api/v2/runtimes") => RuntimesAsync(context),
            ("GET", "/api/v2/packages") => PackagesAsync(context),
            ("POST" or "DELETE", "/api/v2/packages") => ChangeAsync(context),
            ("POST", "/api/v2/execute") => ExecuteAsync(context),
            ("GET", "/api/v2/connect") when context.WebSockets.IsWebSocketRequest => ConnectAsync(context),
            _ => SayAsync(context, StatusCodes.Status404NotFound, "Not Found"),
        };
    }

    // Two published clients forget the type. A web page could post without being asked first then, so that what a browser sends for one has to have it.
    private static bool IsJson(HttpRequest request) =>
        request.ContentType?.StartsWith(Json, StringComparison.OrdinalIgnoreCase) == true || (request.Headers.Origin.Count == 0 && request.Headers["Sec-Fetch-Site"].Count == 0);

    private async Task RuntimesAsync(HttpContext context)
    {
        var runtimes = await _parts.Runtimes.AllAsync();
        await WriteAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartArray();
            foreach (var runtime in runtimes)
            {
                json.WriteStartObject();
                json.WriteString("language", runtime.Language);
                json.WriteString("version", runtime.Version);
                json.WriteStartArray("aliases");
                foreach (var alias in runtime.Aliases)
                {
                    json.WriteStringValue(alias);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private async Task PackagesAsync(HttpContext context)
    {
        var runtimes = await _parts.Runtimes.AllAsync();
        await WriteAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartArray();
            foreach (var runtime in runtimes)
            {
                json.WriteStartObject();
                json.WriteString("language", runtime.Language);
                json.WriteString("language_version", runtime.Version);
                json.WriteBoolean("installed", true);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    // What there is, the runtimes file says: nothing is installed or removed by request.
    private async Task ChangeAsync(HttpContext context)
    {
        using var body = await PistonBody.ReadAsync(context);
        var (language, version) = (TextOf(body.RootElement, "language"), TextOf(body.RootElement, "version"));
        await (await _parts.Runtimes.FindAsync(language, version) is null
            ? SayAsync(context, StatusCodes.Status404NotFound, $"Requested package {language}-{version} does not exist")
            : SayAsync(context, StatusCodes.Status500InternalServerError, HttpMethods.IsPost(context.Request.Method) ? "Already installed" : "packages of this server are those of its runtimes file, and are not removed by request"));
    }

    private async Task ExecuteAsync(HttpContext context)
    {
        using var body = await PistonBody.ReadAsync(context);
        var request = await PistonRequest.ReadAsync(body.RootElement, _parts.Runtimes, _parts.Settings);
        var limits = new List<string>();
        var (compile, run) = await _runs.RunAsync(request, Caller.Of(context), limits.AddRange, context.RequestAborted);
        if (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        if (limits.Count > 0)
        {
            context.Response.Headers["Sandbox-Limits"] = string.Join(", ", limits.Distinct());
        }

        await WriteAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            run.Write(json, "run");
            compile?.Write(json, "compile");
            json.WriteString("language", request.Runtime.Language);
            json.WriteString("version", request.Runtime.Version);
            json.WriteEndObject();
        });
    }

    private async Task ConnectAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        try
        {
            using var talk = new PistonSocket(socket, _parts, _translator, _runs, Caller.Of(context));
            await talk.RunAsync(context.RequestAborted);
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or IOException)
        {
            // the client is gone
        }
    }

    /// <summary>A member that is text; empty for anything else.</summary>
    public static string TextOf(JsonElement body, string name)
    {
        try
        {
            return body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString()! : "";
        }
        catch (InvalidOperationException)
        {
            return ""; // a lone surrogate, or bytes that are not UTF-8
        }
    }

    // An empty one says 500 and nothing else, as there.
    private static Task SayAsync(HttpContext context, int status, string message)
    {
        if (message.Length == 0)
        {
            context.Response.StatusCode = status;
            context.Response.ContentLength = 0;
            return Task.CompletedTask;
        }

        return WriteAsync(context, status, json =>
        {
            json.WriteStartObject();
            json.WriteString("message", message);
            json.WriteEndObject();
        });
    }

    private static async Task WriteAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, s_options))
        {
            write(json);
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = Json + "; charset=utf-8";
        context.Response.ContentLength = bytes.WrittenCount;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.BodyWriter.WriteAsync(bytes.WrittenMemory, context.RequestAborted);
        }
    }
}
