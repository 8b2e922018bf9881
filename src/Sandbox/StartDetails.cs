namespace Sandbox;

/// <summary>How a job's first process is started, where that differs from the usual; for programs that stand in for another sandbox. A job file has no form for it.</summary>
public sealed record StartDetails
{
    /// <summary>Nothing special.</summary>
    public static StartDetails Usual { get; } = new();

    /// <summary>
    /// The whole environment, word by word as execve(2) takes it, without any default; words without <c>=</c> and empty ones are passed on. Then
    /// <see cref="JobSpec.Env"/> is of no effect. Null (the default): the defaults and <see cref="JobSpec.Env"/>.
    /// </summary>
    public IReadOnlyList<string>? Environment { get; init; }

    /// <summary>A command without a slash is looked for in the working directory before PATH. Default false.</summary>
    public bool LooksInWorkingDirectory { get; init; }

    /// <summary>
    /// Files of the sandbox that the job has open from the start, in order; each takes its descriptors over from whatever else they would have been. They are opened with the job's own rights, and the
    /// job does not start if one cannot be. Default: none.
    /// </summary>
    public IReadOnlyList<OpenedFile> Opened { get; init; } = [];
}

/// <summary>A file of the sandbox that a job has open from the start.</summary>
public sealed record OpenedFile
{
    /// <summary>Absolute, normalised path inside the sandbox; no link is followed at its end.</summary>
    public required string Path { get; init; }

    /// <summary>The descriptors that share it, each from 0 to 15; at least one.</summary>
    public required IReadOnlyList<int> Descriptors { get; init; }

    /// <summary>It is there, and is read; otherwise (the default) it is made or emptied, with mode 0666, and open for reading and writing.</summary>
    public bool ReadOnly { get; init; }
}
