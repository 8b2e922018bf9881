namespace Sandbox.Execution;

/// <summary>The final execve(2) failed: the job's program never ran.</summary>
internal sealed record ExecFailure
{
    /// <summary>The command's first word, as the job gave it.</summary>
    public required string Program { get; init; }

    /// <summary>Name of the errno, such as <c>ENOENT</c>.</summary>
    public required string Errno { get; init; }

    /// <summary>The program was found: ENOENT then means that its loader or interpreter was not (execve(2)).</summary>
    public bool ProgramExists { get; init; }

    /// <summary>The limit for which there was no room to start it, by JSON name; null if that is not why.</summary>
    public string? Limit { get; init; }

    /// <summary>What the sandbox found out beyond the errno, such as the missing loader's path; null if nothing.</summary>
    public string? Detail { get; init; }
}
