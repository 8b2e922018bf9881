namespace Sandbox.Server.Fronts.GoJudge;

/// <summary>What a request is run as.</summary>
internal sealed record RequestPlan
{
    /// <summary>The commands, in order.</summary>
    public required IReadOnlyList<CommandPlan> Commands { get; init; }

    /// <summary>The jobs that they run in: one, but for commands that no pipe connects and that are too many for one job, or have streams.</summary>
    public required IReadOnlyList<RequestPart> Parts { get; init; }

    /// <summary>How many bytes of one file its results may have.</summary>
    public required long MostBytes { get; init; }

    /// <summary>A command asks for a rate of a processor, and this server holds nobody to one.</summary>
    public bool IgnoresRate { get; init; }

    /// <summary>The results where one of them cannot be started, so that none is; null where all can.</summary>
    public IReadOnlyList<CommandResult>? AtOnce =>
        Commands.All(static command => command.AtOnce is null) ? null : [.. Commands.Select(static command => command.AtOnce ?? CommandResult.NotStarted("another command of the request cannot be started"))];
}

/// <summary>Commands that run in one job.</summary>
internal sealed record RequestPart
{
    /// <summary>Which commands of the request they are.</summary>
    public required IReadOnlyList<int> Places { get; init; }

    /// <summary>The commands.</summary>
    public required IReadOnlyList<CommandPlan> Commands { get; init; }

    /// <summary>The job of all of them.</summary>
    public required JobDocument Job { get; init; }

    /// <summary>What went through pipes, as files of whoever wrote it.</summary>
    public IReadOnlyList<Transcript> Transcripts { get; init; } = [];

    /// <summary>What the server may have to hold of its results, in bytes.</summary>
    public long HeldBytes { get; init; }

    /// <summary>A command of it has streams that a client writes and reads while it runs.</summary>
    public bool IsLive => Commands.Any(static command => command.Live.Count > 0);

    /// <summary>Its job with these streams.</summary>
    /// <param name="job">The job, as it was let in.</param>
    public JobDocument WithStreams(JobDocument job) => job is ProcessesJob several
        ? several with { Processes = [.. several.Processes.Select((process, index) => process with { Job = WithStreams(process.Job, Commands[index].Live) })] }
        : WithStreams((JobSpec)job, Commands[0].Live);

    private static JobSpec WithStreams(JobSpec job, IReadOnlyList<int> live) => job with
    {
        Stdin = live.Contains(0) ? Stdin.Live : job.Stdin,
        Stdout = live.Contains(1) ? OutputStream.Live : job.Stdout,
        Stderr = live.Contains(2) ? OutputStream.Live : job.Stderr,
    };
}

/// <summary>A pipe of which the beginning is told.</summary>
/// <param name="Pipe">Its name in the job.</param>
/// <param name="Command">Who writes it, of the request.</param>
/// <param name="Name">What it is called in that one's result.</param>
/// <param name="Max">The most bytes of it.</param>
internal sealed record Transcript(string Pipe, int Command, string Name, long Max);
