namespace Sandbox.Server.Fronts.GoJudge;

/// <summary>A result in the words of go-judge. Times are nanoseconds, sizes bytes.</summary>
internal sealed record CommandResult
{
    public const string Accepted = "Accepted";
    public const string NonzeroExitStatus = "Nonzero Exit Status";
    public const string Signalled = "Signalled";
    public const string TimeLimitExceeded = "Time Limit Exceeded";
    public const string MemoryLimitExceeded = "Memory Limit Exceeded";
    public const string OutputLimitExceeded = "Output Limit Exceeded";
    public const string FileErrorStatus = "File Error";
    public const string DangerousSyscall = "Dangerous Syscall";
    public const string InternalError = "Internal Error";

    public required string Status { get; init; }

    public int ExitStatus { get; init; }

    public string Error { get; init; } = "";

    public long Time { get; init; }

    public long RunTime { get; init; }

    public long Memory { get; init; }

    public long ProcPeak { get; init; }

    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Files { get; init; } = new Dictionary<string, ReadOnlyMemory<byte>>();

    public IReadOnlyDictionary<string, string> FileIds { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<FileFailure> FileErrors { get; init; } = [];

    /// <summary>Of a file that could not be put in, so that nothing was run.</summary>
    public static CommandResult NotCopiedIn(string name, string type, string message) =>
        new() { Status = FileErrorStatus, Error = message, FileErrors = [new(name, type, message)] };

    /// <summary>Of a command that could not be started.</summary>
    public static CommandResult NotStarted(string message) => new() { Status = InternalError, Error = message };
}

/// <summary>What went wrong with one file.</summary>
/// <param name="Name">As the request has it.</param>
/// <param name="Type">In the words of go-judge.</param>
/// <param name="Message">Why; empty for nothing to add.</param>
internal sealed record FileFailure(string Name, string Type, string Message);
