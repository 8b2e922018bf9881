namespace Sandbox.Running;

/// <summary>What a process has to show of the jobs that it runs.</summary>
internal sealed record HostedRuns
{
    /// <summary>Those that it has now.</summary>
    public required Func<IReadOnlyList<RunningSandbox>> List { get; init; }

    /// <summary>What it is, in a word: run, detached, exec, batch or serve.</summary>
    public required string Host { get; init; }

    /// <summary>What its one job has written; null where that goes to whoever started it.</summary>
    public RunLog? Log { get; init; }

    /// <summary>For whom a sandbox is, if not for this user; null for this user.</summary>
    public Func<RunningSandbox, string?> Tenant { get; init; } = static _ => null;

    /// <summary>What waits for its turn, in the order in which it would be started.</summary>
    public Func<IReadOnlyList<QueuedRun>> Queued { get; init; } = static () => [];

    /// <summary>One of these by its id, also if it runs meanwhile; null if there is none.</summary>
    public Func<string?, QueuedRun?> FindQueued { get; init; } = static _ => null;
}

/// <summary>A job in the queue of a server.</summary>
internal sealed record QueuedRun
{
    /// <summary>The server's name for it, which no other job has.</summary>
    public required string Id { get; init; }

    /// <summary>The job's name; null for none.</summary>
    public string? Name { get; init; }

    /// <summary>For whom it is, if not for this user.</summary>
    public string? Tenant { get; init; }

    /// <summary>The words of its command; empty where it has several, or its image has it.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>How many are before it.</summary>
    public required int Position { get; init; }

    /// <summary>Since when it waits.</summary>
    public required DateTimeOffset QueuedAt { get; init; }

    /// <summary>Takes it out of the queue; if it runs meanwhile, kills it.</summary>
    public required Action Cancel { get; init; }

    /// <summary>How it ends, after it has run.</summary>
    public required Func<Task<RunEnding>> Ending { get; init; }
}
