namespace Sandbox;

/// <summary>What failed in the sandbox itself.</summary>
public sealed record ErrorReport
{
    /// <summary>Phase of the job's life.</summary>
    public string? Phase { get; init; }

    /// <summary>What was attempted.</summary>
    public string? Step { get; init; }

    /// <summary>The path concerned.</summary>
    public string? Path { get; init; }

    /// <summary>Name of the errno.</summary>
    public string? Errno { get; init; }

    /// <summary>What went wrong in one sentence.</summary>
    public required string Message { get; init; }

    /// <summary>What to do about it.</summary>
    public string? Hint { get; init; }

    /// <summary>JSON pointer of the job's member that asked for it.</summary>
    public string? Pointer { get; init; }
}
