using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sandbox.Server.Fronts.GoJudge;

// As go-judge reads it: names in any case, members that are not known ignored, null as absent.

/// <summary>The body of <c>POST /run</c>, and a text message of <c>/ws</c>.</summary>
internal sealed record RequestForm
{
    /// <summary>More commands than a request has.</summary>
    public const int MostCommands = 128;

    /// <summary>Of more, those run as jobs of their own that no pipe connects: all at once they would want the memory of all.</summary>
    public const int MostTogether = 16;

    /// <summary>As many as a job may have processes.</summary>
    public const int MostConnected = 32;

    public string? RequestId { get; init; }

    public string? CancelRequestId { get; init; }

    public List<CommandForm?>? Cmd { get; init; }

    public List<PipeMapForm?>? PipeMapping { get; init; }

    /// <summary>Reads one; what follows it is passed over, as there, and null asks for nothing.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static RequestForm Read(ReadOnlyMemory<byte> utf8) =>
        JsonSerializer.Deserialize(FrontBody.FirstOf(FrontText.Repaired(utf8).Span), GoJudgeJson.Default.RequestForm) ?? new();
}

/// <summary>One command. Times are nanoseconds, sizes bytes.</summary>
internal sealed record CommandForm
{
    public List<string?>? Args { get; init; }

    public List<string?>? Env { get; init; }

    public List<FileForm?>? Files { get; init; }

    public bool? Tty { get; init; }

    public ulong? CpuLimit { get; init; }

    public ulong? RealCpuLimit { get; init; }

    public ulong? ClockLimit { get; init; }

    public ulong? MemoryLimit { get; init; }

    public ulong? StackLimit { get; init; }

    public ulong? ProcLimit { get; init; }

    public ulong? CpuRateLimit { get; init; }

    public string? CpuSetLimit { get; init; }

    public bool? DataSegmentLimit { get; init; }

    public bool? StrictMemoryLimit { get; init; }

    public bool? AddressSpaceLimit { get; init; }

    public Dictionary<string, FileForm?>? CopyIn { get; init; }

    public List<string?>? CopyOut { get; init; }

    public List<string?>? CopyOutCached { get; init; }

    public ulong? CopyOutMax { get; init; }

    public bool? CopyOutTruncate { get; init; }
}

/// <summary>A file: what it is decides the first of these members that is there.</summary>
internal sealed record FileForm
{
    public string? Src { get; init; }

    public string? Content { get; init; }

    public string? FileId { get; init; }

    public string? Name { get; init; }

    public long? Max { get; init; }

    public bool? Pipe { get; init; }

    public string? Symlink { get; init; }

    public bool? StreamIn { get; init; }

    public bool? StreamOut { get; init; }

    /// <summary>It gives bytes to a command.</summary>
    [JsonIgnore]
    public bool IsInput => Src is not null || Content is not null || FileId is not null;

    /// <summary>It takes bytes of a command.</summary>
    [JsonIgnore]
    public bool IsCollector => !IsInput && Name is not null && Max is not null;
}

/// <summary>A pipe between two commands.</summary>
internal sealed record PipeMapForm
{
    public PipeEndForm? In { get; init; }

    public PipeEndForm? Out { get; init; }

    public string? Name { get; init; }

    public long? Max { get; init; }

    public bool? Proxy { get; init; }
}

/// <summary>A command by its place, and a descriptor of it.</summary>
internal sealed record PipeEndForm
{
    public int? Index { get; init; }

    public int? Fd { get; init; }
}

/// <summary>A new size of a terminal, of <c>/stream</c>.</summary>
internal sealed record ResizeForm
{
    public int? Index { get; init; }

    public int? Rows { get; init; }

    public int? Cols { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, PropertyNameCaseInsensitive = true, MaxDepth = 32)]
[JsonSerializable(typeof(RequestForm))]
[JsonSerializable(typeof(ResizeForm))]
internal sealed partial class GoJudgeJson : JsonSerializerContext;
