using System.Text.Json;

namespace Sandbox.Server.Api;

/// <summary>Answers that say what is wrong, as application/problem+json (RFC 9457).</summary>
internal static class Problems
{
    /// <summary>Writes one.</summary>
    /// <param name="context">The request.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="title">What is wrong, in a sentence.</param>
    /// <param name="problems">Every problem of the job.</param>
    public static async Task WriteAsync(HttpContext context, int status, string title, IReadOnlyList<JobProblem>? problems = null)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("title", title);
        json.WriteNumber("status", status);
        if (problems is { Count: > 0 })
        {
            json.WriteStartArray("problems");
            foreach (var problem in problems)
            {
                json.WriteStartObject();
                json.WriteString("pointer", problem.Pointer);
                json.WriteString("detail", problem.Message);
                if (problem.Line > 0)
                {
                    json.WriteNumber("line", problem.Line);
                    json.WriteNumber("column", problem.Column);
                }

                if (problem.Suggestion is { } meant)
                {
                    json.WriteString("suggestion", meant);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
