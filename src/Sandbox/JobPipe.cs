namespace Sandbox;

/// <summary>What is special about one pipe of a <see cref="ProcessesJob"/>. One that is not mentioned there is a pipe of the kernel and nothing else.</summary>
public sealed record JobPipe
{
    /// <summary>The pipe's name, as its two processes have it.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The bytes go through this program, which then knows how many they were and who closed the pipe first; implied by the other members. Costs more than twice the time of a
    /// pipe of the kernel for each answer that is waited for. Default false.
    /// </summary>
    public bool Relay { get; init; }

    /// <summary>How many bytes may go through it, at least 1; then all processes end, and the one that writes has the verdict <see cref="Verdict.OutputLimit"/>. Null (the default) for any number.</summary>
    public long? LimitBytes { get; init; }

    /// <summary>How much of what goes through it is kept in the result: up to 16 MiB, and 64 MiB for all pipes of a job; every piece costs 32 bytes more. Default 0: nothing.</summary>
    public long TranscriptBytes { get; init; }

    /// <summary>Once nobody reads, what is written is taken and dropped: who writes gets no SIGPIPE. Implies <see cref="Relay"/>. Default false. A job file has no form for it.</summary>
    public bool DropsUnread { get; init; }

    internal bool IsRelayed => Relay || DropsUnread || LimitBytes is not null || TranscriptBytes > 0;
}

/// <summary>What went through one pipe of a <see cref="ProcessesJob"/> that was relayed.</summary>
public sealed record PipeResult
{
    /// <summary>What the job calls it.</summary>
    public required string Name { get; init; }

    /// <summary>The process that writes it.</summary>
    public required string From { get; init; }

    /// <summary>The process that reads it.</summary>
    public required string To { get; init; }

    /// <summary>Bytes that were written and taken over; what was in the pipe when its reader closed it may be missing.</summary>
    public required long Bytes { get; init; }

    /// <summary>Which of the two closed its end first, as by its own end; null where both were closed at about the same time.</summary>
    public string? ClosedBy { get; init; }

    // As a stamp of the monotonic clock.
    internal long ClosedAt { get; init; }

    /// <summary>What was kept of it, in order; empty where nothing was asked for.</summary>
    public IReadOnlyList<PipePiece> Transcript { get; init; } = [];

    /// <summary>More went through it than the transcript has.</summary>
    public bool Truncated { get; init; }
}

/// <summary>Bytes that went through a pipe at about the same moment.</summary>
public sealed record PipePiece
{
    /// <summary>When they came, since the pipes were made: the times of all pipes of a job are of one clock.</summary>
    public required TimeSpan At { get; init; }

    /// <summary>The bytes.</summary>
    public required ReadOnlyMemory<byte> Content { get; init; }
}
