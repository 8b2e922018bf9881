using System.Text.Json.Serialization;

namespace Sandbox.Server.Fronts.Judge0;

/// <summary>A submission: what was sent, with the defaults filled in, and what became of it. Times are seconds, sizes units of 1024 bytes, as Judge0 counts.</summary>
internal sealed record Submission
{
    /// <summary>Its name, which nobody guesses: a UUID of version 4.</summary>
    public required string Token { get; init; }

    /// <summary>The program; null for one of several files.</summary>
    public byte[]? SourceCode { get; init; }

    /// <summary>The language, by Judge0's number.</summary>
    public required int LanguageId { get; init; }

    /// <summary>Words for the compiler.</summary>
    public string? CompilerOptions { get; init; }

    /// <summary>Words for the program.</summary>
    public string? CommandLineArguments { get; init; }

    /// <summary>What it reads.</summary>
    public byte[]? Stdin { get; init; }

    /// <summary>What it is to write; null for whatever it writes.</summary>
    public byte[]? ExpectedOutput { get; init; }

    /// <summary>CPU time; 0 for as much as the server gives.</summary>
    public required decimal CpuTimeLimit { get; init; }

    /// <summary>How much longer it may go on before it is ended.</summary>
    public required decimal CpuExtraTime { get; init; }

    /// <summary>Real time.</summary>
    public required decimal WallTimeLimit { get; init; }

    /// <summary>Memory.</summary>
    public required long MemoryLimit { get; init; }

    /// <summary>Stack of the first thread of each process; 0 for no limit.</summary>
    public required long StackLimit { get; init; }

    /// <summary>Processes and threads.</summary>
    public required int MaxProcesses { get; init; }

    /// <summary>Each process has the CPU time.</summary>
    public bool IsTimePerProcess { get; init; }

    /// <summary>Each process has the memory, as addresses.</summary>
    public bool IsMemoryPerProcess { get; init; }

    /// <summary>The largest file that it writes, its output among them; 0 for as much as the server gives.</summary>
    public required long MaxFileSize { get; init; }

    /// <summary>How often it runs.</summary>
    public required int NumberOfRuns { get; init; }

    /// <summary>What it writes to stderr comes with what it writes to stdout.</summary>
    public bool RedirectsStderr { get; init; }

    /// <summary>It may use the network.</summary>
    public bool HasNetwork { get; init; }

    /// <summary>Where its end is told.</summary>
    public string? CallbackUrl { get; init; }

    /// <summary>A zip archive of files beside it.</summary>
    public byte[]? AdditionalFiles { get; init; }

    /// <summary>When it came.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was over.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Where it stands.</summary>
    public Judge0Status Status { get; init; } = Judge0Status.InQueue;

    /// <summary>What it wrote to stdout.</summary>
    public byte[]? Stdout { get; init; }

    /// <summary>What it wrote to stderr.</summary>
    public byte[]? Stderr { get; init; }

    /// <summary>What the compiler wrote.</summary>
    public byte[]? CompileOutput { get; init; }

    /// <summary>What the sandbox says of it.</summary>
    public string? Message { get; init; }

    /// <summary>CPU time, the mean of all runs.</summary>
    public decimal? Time { get; init; }

    /// <summary>Real time of the last run.</summary>
    public decimal? WallTime { get; init; }

    /// <summary>Peak of memory, the mean of all runs.</summary>
    public long? Memory { get; init; }

    /// <summary>Its exit code; 0 after a signal.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal that ended it.</summary>
    public int? ExitSignal { get; init; }

    /// <summary>What it holds of memory, roughly, in bytes.</summary>
    [JsonIgnore]
    public long Bytes => Length(SourceCode) + Length(Stdin) + Length(ExpectedOutput) + Length(AdditionalFiles) + Length(Stdout) + Length(Stderr) + Length(CompileOutput)
        + (2L * ((CompilerOptions?.Length ?? 0) + (CommandLineArguments?.Length ?? 0) + (CallbackUrl?.Length ?? 0) + (Message?.Length ?? 0)));

    private static long Length(byte[]? bytes) => bytes?.Length ?? 0;
}

/// <summary>Reads and writes what is kept of one.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Submission))]
internal sealed partial class SubmissionJson : JsonSerializerContext;
