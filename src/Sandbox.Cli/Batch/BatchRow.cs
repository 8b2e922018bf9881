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

    /// <summary>Of a job of steps that has points to give: what it reached, of what could be; else null.</summary>
    public PointsRow? Points { get; init; }

    /// <summary>The groups of a job of steps, as STEP/GROUP, in order.</summary>
    public IReadOnlyList<(string Name, PointsRow Points)> Groups { get; init; } = [];

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

    /// <summary>It says something about the job that stays true: it was not ended from outside, the sandbox did not fail, no checker failed, and nothing was amiss with its file.</summary>
    public bool IsFinal => Status is ExitStatus.Ok or ExitStatus.NotOk && Verdict is not ("cancelled" or "check-error");

    /// <summary>Reads a result of any form. One of several sandboxes has no exit code, no signal and no streams; its times are sums, and its peak is the highest.</summary>
    public static BatchRow Of(long index, string input, ReadOnlyMemory<byte> result)
    {
        using var document = JsonDocument.Parse(result);
        var root = document.RootElement;
        var (cpu, wall, peak) = UsageOf(root);
        return new()
        {
            Index = index,
            Input = input,
            Name = root.GetProperty("name").GetString() ?? "",
            Verdict = root.GetProperty("verdict").GetString() ?? "",
            Message = root.GetProperty("message").GetString() ?? "",
            ExitCode = root.TryGetProperty("exitCode", out var code) && code.ValueKind == JsonValueKind.Number ? code.GetInt32() : null,
            Signal = root.TryGetProperty("signal", out var signal) ? signal.GetString() : null,
            CpuMs = cpu,
            WallMs = wall,
            PeakBytes = peak,
            Points = PointsOf(root),
            Groups = [.. GroupsOf(root)],
            Stdout = TextOf(root, "stdout"),
            Stderr = TextOf(root, "stderr"),
        };
    }

    // Of one sandbox, or of all that the result has in it: steps and their cases, processes.
    private static (double CpuMs, double WallMs, long PeakBytes) UsageOf(JsonElement result)
    {
        if (result.TryGetProperty("time", out var time))
        {
            return (time.GetProperty("cpuMs").GetDouble(), time.GetProperty("wallMs").GetDouble(), result.GetProperty("memory").GetProperty("peakBytes").GetInt64());
        }

        var (cpu, wall, peak) = (0.0, 0.0, 0L);
        foreach (var part in PartsOf(result))
        {
            var used = UsageOf(part);
            (cpu, wall, peak) = (cpu + used.CpuMs, wall + used.WallMs, Math.Max(peak, used.PeakBytes));
        }

        return (cpu, wall, peak);
    }

    private static IEnumerable<JsonElement> PartsOf(JsonElement result)
    {
        IEnumerable<JsonElement> parts = [];
        if (result.TryGetProperty("result", out var one) && one.ValueKind == JsonValueKind.Object)
        {
            parts = parts.Append(one);
        }

        foreach (var list in (ReadOnlySpan<string>)["steps", "cases"])
        {
            parts = parts.Concat(ListOf(result, list));
        }

        return result.TryGetProperty("processes", out var processes) && processes.ValueKind == JsonValueKind.Object
            ? parts.Concat(processes.EnumerateObject().Select(static process => process.Value))
            : parts;
    }

    private static JsonElement[] ListOf(JsonElement result, string name) =>
        result.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray()] : [];

    private static PointsRow? PointsOf(JsonElement result) => result.TryGetProperty("points", out var points)
        ? new(points.GetDouble(), result.GetProperty("maxPoints").GetDouble())
        : null;

    private static IEnumerable<(string Name, PointsRow Points)> GroupsOf(JsonElement result) =>
        from step in ListOf(result, "steps")
        from @group in ListOf(step, "groups")
        select ($"{step.GetProperty("name").GetString()}/{@group.GetProperty("name").GetString()}", PointsOf(@group)!);

    private static string TextOf(JsonElement result, string stream)
    {
        if (!result.TryGetProperty(stream, out var written) || !written.TryGetProperty("text", out var text) || text.GetString() is not { } all)
        {
            return "";
        }

        return all.Length > MaxStreamLetters ? all[..MaxStreamLetters] + "…" : all;
    }
}

/// <summary>Points in a table.</summary>
/// <param name="Reached">What was reached.</param>
/// <param name="Of">What could be.</param>
internal sealed record PointsRow(double Reached, double Of);

/// <summary>A job that is done.</summary>
/// <param name="Item">The job.</param>
/// <param name="Fingerprint">What the journal knows it by; null where there is no journal, or no job.</param>
/// <param name="Result">The result in UTF-8, on one line.</param>
/// <param name="Row">What tables say of it.</param>
/// <param name="IsFromJournal">It ran in an earlier batch.</param>
internal sealed record BatchOutcome(BatchItem Item, string? Fingerprint, ReadOnlyMemory<byte> Result, BatchRow Row, bool IsFromJournal);
