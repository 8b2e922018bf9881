using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace Sandbox.Server.Fronts.Judge0;

/// <summary>What a request says of submissions beside its path: the query, and the body.</summary>
internal static class SubmissionQuery
{
    private static readonly JsonDocumentOptions s_reading = new() { MaxDepth = 32 };

    /// <summary>The members that it wants to know.</summary>
    /// <exception cref="Judge0Refusal">There is none of that name.</exception>
    public static IReadOnlyList<string> Fields(HttpContext context)
    {
        var fields = SubmissionFields.Of(context.Request.Query["fields"].ToString(), out var unknown);
        return unknown.Count == 0 ? fields : throw Judge0Refusal.Bad($"invalid fields: [{string.Join(", ", unknown)}]");
    }

    /// <summary>Text comes and goes as base64.</summary>
    public static bool IsBase64(HttpContext context, Judge0Settings settings) =>
        context.Request.Query["base64_encoded"].ToString() is var said && (settings.IsBase64Implied ? said != "false" : said == "true");

    /// <summary>A whole number. What does not begin with one is 0, as there.</summary>
    /// <param name="context">The request.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="usual">What it is where it is not given.</param>
    public static int Whole(HttpContext context, string name, int usual) =>
        context.Request.Query[name] is not [{ } text] ? usual : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0;

    /// <summary>The body: JSON, or a form.</summary>
    /// <exception cref="Judge0Refusal">It is neither.</exception>
    public static async Task<JsonDocument> BodyAsync(HttpContext context)
    {
        var body = await FrontBody.ReadAsync(context);
        try
        {
            // A client that forgets the type sends JSON all the same.
            if (body.Span.TrimStart(" \t\r\n"u8) is not [(byte)'{', ..] && context.Request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) == true)
            {
                body = OfForm(Encoding.UTF8.GetString(body.Span));
            }

            FrontBody.CheckSize(body.Span);
            return JsonDocument.Parse(body.Length == 0 ? "{}"u8.ToArray() : body, s_reading);
        }
        catch (JsonException)
        {
            throw Judge0Refusal.Bad("the request is no JSON");
        }
    }

    private static ReadOnlyMemory<byte> OfForm(string form)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(bytes);
        json.WriteStartObject();
        foreach (var (name, value) in QueryHelpers.ParseQuery(form))
        {
            json.WriteString(name, value is [.., { } last] ? last : "");
        }

        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenMemory;
    }
}
