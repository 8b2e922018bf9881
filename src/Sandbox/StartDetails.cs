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
    /// The command is what execve(2) finds by its first word, and is looked for nowhere else. If it cannot be executed, the job says so on its standard error, as <c>execve("NAME"): No such file or
    /// directory</c>, and exits with 127, as if it were a program that does so; the verdict is then never <see cref="Verdict.ExecFailed"/>. Default false.
    /// </summary>
    public bool ExecutesAsGiven { get; init; }

    /// <summary><see cref="JobSpec.WorkingDirectory"/> is not made where it is missing: the job is a setup error then (ENOENT). Default false.</summary>
    public bool DirectoryMustExist { get; init; }

    /// <summary>
    /// Files of the sandbox that the job has open from the start, in order; each takes its descriptors over from whatever else they would have been. They are opened with the job's own rights, and the
    /// job does not start if one cannot be. Default: none.
    /// </summary>
    public IReadOnlyList<OpenedFile> Opened { get; init; } = [];

    /// <summary>
    /// Descriptors of this process, each from 3 to 47, that the job has at the same numbers, whatever they are: it can do with them what this process can, and a directory or a socket leads out of the
    /// sandbox. They stay this process's. Nothing of such a job is prepared ahead or shared with another one, and it has no <see cref="JobSpec.Descriptors"/>. Default: none.
    /// </summary>
    public IReadOnlyList<int> Inherited { get; init; } = [];

    /// <summary>
    /// The job is over as soon as its first process is stopped (SIGSTOP) and no process is left in it that is not, and that could let it go on: its verdict is <see cref="Verdict.Signal"/> then, and its
    /// signal the one that has stopped it. Default false: it waits for its limits.
    /// </summary>
    public bool EndsWhenStopped { get; init; }
}

/// <summary>A file of the sandbox that a job has open from the start.</summary>
public sealed record OpenedFile
{
    /// <summary>Absolute, normalised path inside the sandbox; no link is followed at its end.</summary>
    public required string Path { get; init; }

    /// <summary>The descriptors that share it, each from 0 to 47; at least one.</summary>
    public required IReadOnlyList<int> Descriptors { get; init; }

    /// <summary>It is there, and is read; otherwise (the default) it is made or emptied, with mode 0666, and open for reading and writing.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>
    /// It is opened as a shell in the job opens a redirection (open(2)): links are followed, to places inside; one that is not <see cref="ReadOnly"/> is for writing only, and new with mode 0644; and a FIFO
    /// is waited for until somebody opens its other end, for <see cref="ResourceLimits.WallTime"/> and five seconds more. Then the job is a setup error (ETIMEDOUT). Default false.
    /// </summary>
    public bool Redirected { get; init; }
}
