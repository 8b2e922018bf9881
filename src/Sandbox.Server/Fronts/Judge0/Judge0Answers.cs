using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sandbox.Server.Fronts.Judge0;

/// <summary>A request that is answered with a status and a sentence.</summary>
internal sealed class Judge0Refusal(int status, string message) : Exception(message)
{
    /// <summary>The HTTP status.</summary>
    public int Status => status;

    /// <summary>The request asks for what is not to be had so.</summary>
    public static Judge0Refusal Bad(string message) => new(StatusCodes.Status400BadRequest, message);
}

/// <summary>The forms of answers.</summary>
internal static class Judge0Answers
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Nothing but a status.</summary>
    public static Task EmptyAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        if (status != StatusCodes.Status204NoContent)
        {
            context.Response.ContentLength = 0;
        }

        return Task.CompletedTask;
    }

    /// <summary>A sentence.</summary>
    public static Task ErrorAsync(HttpContext context, int status, string why) => JsonAsync(context, status, json =>
    {
        json.WriteStartObject();
        json.WriteString("error", why);
        json.WriteEndObject();
    });

    /// <summary>Plain text.</summary>
    public static Task TextAsync(HttpContext context, string text) => BytesAsync(context, StatusCodes.Status200OK, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text));

    /// <summary>JSON.</summary>
    public static Task JsonAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, s_options))
        {
            write(json);
        }

        return BytesAsync(context, status, "application/json; charset=utf-8", bytes.WrittenMemory);
    }

    private static async Task BytesAsync(HttpContext context, int status, string type, ReadOnlyMemory<byte> bytes)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.BodyWriter.WriteAsync(bytes, context.RequestAborted);
        }
    }
}
