using System.Text.Json;

namespace Sandbox.Cli.Served;

/// <summary>Reads of a server's result what <c>sandbox run</c> tells of one: how it ended, and what is to be said of it.</summary>
internal static class ServedResult
{
    /// <summary>The result; the usage, the proof and the streams' content are not in it.</summary>
    /// <param name="served">A result of one sandbox.</param>
    /// <exception cref="FormatException">It is none.</exception>
    public static JobResult Read(ServedOutcome served)
    {
        try
        {
            using var document = JsonDocument.Parse(served.Result);
            return Read(document.RootElement, served.HasNoProgram);
        }
        catch (Exception damage) when (damage is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException("the server's result is none", damage);
        }
    }

    private static JobResult Read(JsonElement root, bool hasNoProgram)
    {
        var word = root.GetProperty("verdict").GetString();
        var verdicts = Array.FindAll(Enum.GetValues<Verdict>(), verdict => ResultFile.NameOf(verdict) == word);
        return new()
        {
            Name = Text(root, "name"),
            Verdict = verdicts is [var verdict, ..] ? verdict : throw new FormatException("the server's verdict is none"),
            Message = Text(root, "message") ?? "",
            ExitCode = root.GetProperty("exitCode") is { ValueKind: JsonValueKind.Number } code ? code.GetInt32() : null,
            Signal = Text(root, "signal"),
            LimitsHit = Texts(root, "limitsHit"),
            Time = new() { Cpu = TimeSpan.Zero, User = TimeSpan.Zero, System = TimeSpan.Zero, Wall = TimeSpan.Zero },
            Memory = new() { PeakBytes = 0 },
            Stdout = Stream(root.GetProperty("stdout")),
            Stderr = Stream(root.GetProperty("stderr")),
            OutputErrors = [.. root.GetProperty("outputErrors").EnumerateArray().Select(static failure => new OutputFailure { Path = Text(failure, "path")!, Error = Text(failure, "error")! })],
            Error = root.GetProperty("error") is { ValueKind: JsonValueKind.Object } error ? Error(error) : null,
            CommandNotFound = hasNoProgram,
            Notes = Texts(root, "notes"),
        };
    }

    private static ErrorReport Error(JsonElement error) => new()
    {
        Step = Text(error, "step"),
        Path = Text(error, "path"),
        Errno = Text(error, "errno"),
        Message = Text(error, "message") ?? "",
        Hint = Text(error, "hint"),
        Pointer = Text(error, "pointer"),
    };

    private static StreamResult Stream(JsonElement stream) => new()
    {
        Bytes = stream.GetProperty("bytes").GetInt64(),
        Truncated = stream.GetProperty("truncated").GetBoolean(),
        Undelivered = stream.TryGetProperty("undelivered", out var undelivered) ? undelivered.GetInt64() : 0,
    };

    private static string? Text(JsonElement of, string name) => of.TryGetProperty(name, out var text) ? text.GetString() : null;

    private static IReadOnlyList<string> Texts(JsonElement of, string name) =>
        of.TryGetProperty(name, out var texts) ? [.. texts.EnumerateArray().Select(static text => text.GetString() ?? "")] : [];
}
