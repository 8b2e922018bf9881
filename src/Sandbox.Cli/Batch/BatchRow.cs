using System.Text.Json;

namespace Sandbox.Cli.Batch;

/// <summary>What tables say of one result. It is read from the result as it is printed, so that one from the journal looks like one that was just made.</summary>
internal sealed record BatchRow
{
    private const int MaxStreamLetters = 16 << 10;

    public required long Index { get; init; }

    public required string Input { get; init; }

    public required string Name { get; init; }

    public required string Verdict { get; init; }

    public required string Message { get; init; }

    public int? ExitCode { get; init; }

    public string? Signal { get; init; }

    public double CpuMs { get; init; }

    public double WallMs { get; init; }

    public long PeakBytes { get; init; }

    /// <summary>The beginning of what it wrote; empty for bytes that are no text.</summary>
    public string Stdout { get; init; } = "";

    /// <inheritdoc cref="Stdout"/>
    public string Stderr { get; init; } = "";

    /// <summary>The exit status that this job alone would have.</summary>
    public int Status => Verdict switch
    {
        "ok" => ExitStatus.Ok,
        "invalid-job" => ExitStatus.Usage,
        "setup-error" or "internal-error" => ExitStatus.Sandbox,
        _ => ExitStatus.NotOk,
    };

    /// <summary>It says something about the job that stays true: it was not ended from outside, the sandbox did not fail, and nothing was amiss with its file.</summary>
    public bool IsFinal => Status is ExitStatus.Ok or ExitStatus.NotOk && Verdict != "cancelled";

    /// <summary>Reads a result.</summary>
    public static BatchRow Of(long index, string input, ReadOnlyMemory<byte> result)
    {
        using var document = JsonDocument.Parse(result);
        var root = document.RootElement;
        var time = root.GetProperty("time");
        return new()
        {
            Index = index,
            Input = input,
            Name = root.GetProperty("name").GetString() ?? "",
            Verdict = root.GetProperty("verdict").GetString() ?? "",
            Message = root.GetProperty("message").GetString() ?? "",
            ExitCode = root.GetProperty("exitCode") is { ValueKind: JsonValueKind.Number } code ? code.GetInt32() : null,
            Signal = root.GetProperty("signal").GetString(),
            CpuMs = time.GetProperty("cpuMs").GetDouble(),
            WallMs = time.GetProperty("wallMs").GetDouble(),
            PeakBytes = root.GetProperty("memory").GetProperty("peakBytes").GetInt64(),
            Stdout = TextOf(root, "stdout"),
            Stderr = TextOf(root, "stderr"),
        };
    }

    private static string TextOf(JsonElement result, string stream)
    {
        if (!result.GetProperty(stream).TryGetProperty("text", out var text) || text.GetString() is not { } all)
        {
            return "";
        }

        return all.Length > MaxStreamLetters ? all[..MaxStreamLetters] + "…" : all;
    }
}

/// <summary>A job that is done.</summary>
/// <param name="Item">The job.</param>
/// <param name="Fingerprint">What the journal knows it by; null where there is no journal, or no job.</param>
/// <param name="Result">The result in UTF-8, on one line.</param>
/// <param name="Row">What tables say of it.</param>
/// <param name="IsFromJournal">It ran in an earlier batch.</param>
internal sealed record BatchOutcome(BatchItem Item, string? Fingerprint, ReadOnlyMemory<byte> Result, BatchRow Row, bool IsFromJournal);
