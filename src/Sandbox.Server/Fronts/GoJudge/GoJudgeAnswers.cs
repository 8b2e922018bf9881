using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Sandbox.Server.Fronts.GoJudge;

/// <summary>Writes answers as go-judge does.</summary>
internal static class GoJudgeAnswers
{
    // Read by programs, never as HTML: the answer says what it is, and nosniff with it.
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Answers with JSON.</summary>
    public static async Task WriteAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        var json = Json(write);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = json.Length;
        await context.Response.BodyWriter.WriteAsync(json, context.RequestAborted);
    }

    /// <summary>Answers with a JSON string.</summary>
    public static Task SayAsync(HttpContext context, int status, string text) => WriteAsync(context, status, json => json.WriteStringValue(text));

    /// <summary>A file by its name, as there: in quotation marks, or in the form for names that are not ASCII, and never in both.</summary>
    public static string Attachment(string name) => Ascii.IsValid(name)
        ? $"attachment; filename=\"{string.Concat(name.Select(static letter => letter is '"' or '\\' ? "\\" + letter : char.IsControl(letter) ? "_" : letter.ToString()))}\""
        : "attachment; filename*=UTF-8''" + Uri.EscapeDataString(name);

    /// <summary>JSON as bytes.</summary>
    public static ReadOnlyMemory<byte> Json(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, s_options))
        {
            write(json);
        }

        return bytes.WrittenMemory;
    }

    /// <summary>The array of results.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<CommandResult> results)
    {
        json.WriteStartArray();
        foreach (var result in results)
        {
            Write(json, result);
        }

        json.WriteEndArray();
    }

    /// <summary>What a connection is told of a request.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="id">The request's.</param>
    /// <param name="results">Null where nothing was run.</param>
    /// <param name="error">Why; empty for nothing.</param>
    public static void Write(Utf8JsonWriter json, string id, IReadOnlyList<CommandResult>? results, string error)
    {
        json.WriteStartObject();
        json.WriteString("requestId", id);
        json.WritePropertyName("results");
        if (results is null)
        {
            json.WriteNullValue();
        }
        else
        {
            Write(json, results);
        }

        if (error.Length > 0)
        {
            json.WriteString("error", error);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, CommandResult result)
    {
        json.WriteStartObject();
        json.WriteString("status", result.Status);
        json.WriteNumber("exitStatus", result.ExitStatus);
        if (result.Error.Length > 0)
        {
            json.WriteString("error", result.Error);
        }

        json.WriteNumber("time", result.Time);
        json.WriteNumber("memory", result.Memory);
        if (result.ProcPeak > 0)
        {
            json.WriteNumber("procPeak", result.ProcPeak);
        }

        json.WriteNumber("runTime", result.RunTime);
        if (result.Files.Count > 0)
        {
            json.WriteStartObject("files");
            foreach (var (name, bytes) in result.Files)
            {
                json.WriteString(name, Text(bytes.Span));
            }

            json.WriteEndObject();
        }

        if (result.FileIds.Count > 0)
        {
            json.WriteStartObject("fileIds");
            foreach (var (name, id) in result.FileIds)
            {
                json.WriteString(name, id);
            }

            json.WriteEndObject();
        }

        WriteFailures(json, result.FileErrors);
        json.WriteEndObject();
    }

    private static void WriteFailures(Utf8JsonWriter json, IReadOnlyList<FileFailure> failures)
    {
        if (failures.Count == 0)
        {
            return;
        }

        json.WriteStartArray("fileError");
        foreach (var failure in failures)
        {
            json.WriteStartObject();
            json.WriteString("name", failure.Name);
            json.WriteString("type", failure.Type);
            if (failure.Message.Length > 0)
            {
                json.WriteString("message", failure.Message);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Bytes as text: each one that is not part of UTF-8 is U+FFFD, as there. The framework would make one of several.</summary>
    public static string Text(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes))
        {
            return Encoding.UTF8.GetString(bytes);
        }

        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            var isRune = Rune.DecodeFromUtf8(bytes, out var rune, out var length) == OperationStatus.Done;
            text.Append(isRune ? rune.ToString() : "\uFFFD");
            bytes = bytes[(isRune ? length : 1)..];
        }

        return text.ToString();
    }
}
