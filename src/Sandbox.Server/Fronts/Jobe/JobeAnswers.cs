using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Sandbox.Server.Fronts.Jobe;

/// <summary>The forms of requests and answers.</summary>
internal static class JobeAnswers
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonDocumentOptions s_reading = new() { MaxDepth = 32 };

    /// <summary>The JSON of a request.</summary>
    /// <exception cref="JobeRefusal">It is none.</exception>
    public static async Task<JsonDocument> BodyAsync(HttpContext context)
    {
        try
        {
            var body = await FrontBody.ReadAsync(context);
            FrontBody.CheckSize(body.Span);
            return JsonDocument.Parse(body, s_reading);
        }
        catch (JsonException)
        {
            throw JobeRefusal.Bad("Non-JSON post data received");
        }
    }

    /// <summary>What became of a run.</summary>
    public static Task RunAsync(HttpContext context, int outcome, string compiler, string stdout, string stderr) => WriteAsync(context, StatusCodes.Status200OK, json =>
    {
        json.WriteStartObject();
        json.WriteNull("run_id");
        json.WriteNumber("outcome", outcome);
        json.WriteString("cmpinfo", compiler);
        json.WriteString("stdout", stdout);
        json.WriteString("stderr", stderr);
        json.WriteEndObject();
    });

    /// <summary>A JSON string.</summary>
    public static Task SayAsync(HttpContext context, int status, string text) => WriteAsync(context, status, json => json.WriteStringValue(text));

    /// <summary>JSON.</summary>
    public static async Task WriteAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, s_options))
        {
            write(json);
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = bytes.WrittenCount;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.BodyWriter.WriteAsync(bytes.WrittenMemory, context.RequestAborted);
        }
    }

    /// <summary>What was written as text: where it is none, each byte that cannot be printed is <c>\xNN</c>.</summary>
    public static string Text(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes))
        {
            return Encoding.UTF8.GetString(bytes);
        }

        var text = new StringBuilder(bytes.Length);
        foreach (var one in bytes)
        {
            _ = one is (byte)'\n' or (byte)'\t' or (byte)'\r' or (>= 32 and <= 126) ? text.Append((char)one) : text.Append(CultureInfo.InvariantCulture, $"\\x{one:x2}");
        }

        return text.ToString();
    }
}
