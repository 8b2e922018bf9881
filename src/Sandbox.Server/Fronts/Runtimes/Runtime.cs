using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sandbox.Server.Fronts.Runtimes;

/// <summary>A language as this server can run it.</summary>
internal sealed record Runtime
{
    // A member that a file leaves out is set to null by the generated reader, initialisers or not.
    private static readonly Dictionary<string, string> s_nothing = [];

    /// <summary>Its name, in lower case.</summary>
    public required string Language { get; init; }

    /// <summary>Three numbers with dots, and what may follow in a semantic version.</summary>
    public required string Version { get; init; }

    /// <summary>Other names of the language.</summary>
    public IReadOnlyList<string> Aliases { get; init => field = value ?? []; } = [];

    /// <summary>What the main file's name has to end with, because the program that reads it wants that; null for any name.</summary>
    public string? Suffix { get; init; }

    /// <summary>The compiler and its arguments: <c>{main}</c> stands for the main file's name, and <c>{sources}</c> for those of all sources. Null for a language that is not compiled.</summary>
    public IReadOnlyList<string>? Compile { get; init; }

    /// <summary>The program that runs it, and its arguments, with the same places to fill in; those of the request follow.</summary>
    public required IReadOnlyList<string> Run { get; init; }

    /// <summary>Variables of both, beside PATH.</summary>
    public IReadOnlyDictionary<string, string> Env { get; init => field = value ?? s_nothing; } = s_nothing;

    /// <summary>The image of the store that is the root of its jobs; null for the host's directories.</summary>
    public string? Image { get; init; }

    /// <summary>What its jobs have instead of what the file says for all.</summary>
    public RuntimeLimits? Limits { get; init; }
}

/// <summary>What jobs of a language may have at most, and have if they ask for nothing.</summary>
internal sealed record RuntimeLimits
{
    /// <summary>Real time of the compiler in milliseconds. Default 10000.</summary>
    public int? CompileTimeoutMs { get; init; }

    /// <summary>Real time of the program in milliseconds. Default 3000.</summary>
    public int? RunTimeoutMs { get; init; }

    /// <summary>CPU time of the compiler in milliseconds. Default 10000.</summary>
    public int? CompileCpuTimeMs { get; init; }

    /// <summary>CPU time of the program in milliseconds. Default 3000.</summary>
    public int? RunCpuTimeMs { get; init; }

    /// <summary>Memory of the compiler in bytes. Default: the server's.</summary>
    public long? CompileMemoryBytes { get; init; }

    /// <summary>Memory of the program in bytes. Default: the server's.</summary>
    public long? RunMemoryBytes { get; init; }

    /// <summary>Bytes on each stream. Default 1024.</summary>
    public long? OutputBytes { get; init; }

    /// <summary>Processes and threads. Default 64.</summary>
    public int? Processes { get; init; }

    /// <summary>Open files. Default 2048.</summary>
    public int? OpenFiles { get; init; }

    /// <summary>Bytes of a file that is written. Default 10000000.</summary>
    public long? FileSizeBytes { get; init; }

    /// <summary>These, and where they say nothing others.</summary>
    public RuntimeLimits Or(RuntimeLimits? other) => other is null ? this : new()
    {
        CompileTimeoutMs = CompileTimeoutMs ?? other.CompileTimeoutMs,
        RunTimeoutMs = RunTimeoutMs ?? other.RunTimeoutMs,
        CompileCpuTimeMs = CompileCpuTimeMs ?? other.CompileCpuTimeMs,
        RunCpuTimeMs = RunCpuTimeMs ?? other.RunCpuTimeMs,
        CompileMemoryBytes = CompileMemoryBytes ?? other.CompileMemoryBytes,
        RunMemoryBytes = RunMemoryBytes ?? other.RunMemoryBytes,
        OutputBytes = OutputBytes ?? other.OutputBytes,
        Processes = Processes ?? other.Processes,
        OpenFiles = OpenFiles ?? other.OpenFiles,
        FileSizeBytes = FileSizeBytes ?? other.FileSizeBytes,
    };
}

/// <summary>What a runtimes file holds.</summary>
internal sealed record RuntimesFile
{
    private const int MostBytes = 1 << 20;

    /// <summary>Limits of all languages that have none of their own.</summary>
    public RuntimeLimits? Limits { get; init; }

    /// <summary>The languages.</summary>
    public required IReadOnlyList<Runtime> Runtimes { get; init; }

    /// <summary>Reads one.</summary>
    /// <param name="path">Its path.</param>
    /// <exception cref="FormatException">It is none; the message goes on after "it".</exception>
    public static RuntimesFile Read(string path)
    {
        try
        {
            var file = JsonSerializer.Deserialize(InputFile.Read(path, MostBytes), RuntimesJson.Default.RuntimesFile) ?? throw new FormatException("is null");
            return file.Problem() is { } problem ? throw new FormatException(problem) : file;
        }
        catch (JsonException wrong)
        {
            throw new FormatException("is no runtimes file: " + wrong.Message);
        }
        catch (IOException unreadable)
        {
            throw new FormatException("cannot be read: " + unreadable.Message);
        }
    }

    /// <summary>Writes one, indented.</summary>
    public byte[] Write()
    {
        var bytes = new ArrayBufferWriter<byte>();

        // It is for people, too: "c++" and no escapes.
        using (var json = new Utf8JsonWriter(bytes, new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            JsonSerializer.Serialize(json, this, RuntimesJson.Default.RuntimesFile);
        }

        return bytes.WrittenSpan.ToArray();
    }

    private string? Problem()
    {
        foreach (var runtime in Runtimes)
        {
            if (runtime.Language.Length == 0 || runtime.Run.Count == 0 || runtime.Compile is { Count: 0 })
            {
                return "has a runtime without a language or a command";
            }

            if (SemanticVersion.Parse(runtime.Version) is null)
            {
                return $"has a version that is not three numbers: {DisplayText.Quote(runtime.Version)}";
            }
        }

        return null;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(RuntimesFile))]
internal sealed partial class RuntimesJson : JsonSerializerContext;
