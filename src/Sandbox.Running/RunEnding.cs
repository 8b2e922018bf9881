using System.Text.Json;

namespace Sandbox.Running;

/// <summary>How a sandbox ended: of its result what an exit status follows from.</summary>
internal sealed record RunEnding
{
    /// <inheritdoc cref="JobResult.Verdict"/>
    public required Verdict Verdict { get; init; }

    /// <inheritdoc cref="JobResult.Message"/>
    public required string Message { get; init; }

    /// <inheritdoc cref="JobResult.ExitCode"/>
    public int? ExitCode { get; init; }

    /// <inheritdoc cref="JobResult.Signal"/>
    public string? Signal { get; init; }

    /// <inheritdoc cref="JobResult.CommandNotFound"/>
    public bool CommandNotFound { get; init; }

    /// <summary>When that was known.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Of a result that is there now.</summary>
    public static RunEnding Of(JobResult result) => new()
    {
        Verdict = result.Verdict,
        Message = result.Message,
        ExitCode = result.ExitCode,
        Signal = result.Signal,
        CommandNotFound = result.CommandNotFound,
        At = DateTimeOffset.UtcNow,
    };

    /// <summary>The same of any document, of which only a job in one sandbox has an exit status.</summary>
    public static RunEnding Of(DocumentResult result) => result is JobResult job ? Of(job) : new()
    {
        Verdict = result.Verdict,
        Message = result.Message,
        At = DateTimeOffset.UtcNow,
    };

    /// <summary>Reads what <see cref="Write"/> has written.</summary>
    public static RunEnding Read(JsonElement root) => new()
    {
        Verdict = Array.Find(Enum.GetValues<Verdict>(), verdict => ResultFile.NameOf(verdict) == root.GetProperty("verdict").GetString()),
        Message = root.GetProperty("message").GetString()!,
        ExitCode = root.GetProperty("exitCode") is { ValueKind: JsonValueKind.Number } code ? code.GetInt32() : null,
        Signal = root.GetProperty("signal").GetString(),
        CommandNotFound = root.GetProperty("commandNotFound").GetBoolean(),
        At = root.GetProperty("endedAt").GetDateTimeOffset(),
    };

    /// <summary>Writes it as members of an object.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("verdict", ResultFile.NameOf(Verdict));
        json.WriteString("message", Message);
        if (ExitCode is { } code)
        {
            json.WriteNumber("exitCode", code);
        }
        else
        {
            json.WriteNull("exitCode");
        }

        json.WriteString("signal", Signal);
        json.WriteBoolean("commandNotFound", CommandNotFound);
        json.WriteString("endedAt", At);
    }
}
