namespace Sandbox;

/// <summary>Times of the whole process tree.</summary>
public sealed record TimeUsage
{
    /// <summary>User and system CPU time together.</summary>
    public required TimeSpan Cpu { get; init; }

    /// <summary>User CPU time.</summary>
    public required TimeSpan User { get; init; }

    /// <summary>System CPU time.</summary>
    public required TimeSpan System { get; init; }

    /// <summary>Real time from execve to the end of the first process.</summary>
    public required TimeSpan Wall { get; init; }

    /// <summary>How far past the time limit that decided the verdict the job was stopped; zero otherwise.</summary>
    public TimeSpan Overshoot { get; init; }
}
