namespace Sandbox;

/// <summary>Where a sandbox stands.</summary>
public enum SandboxState
{
    /// <summary>It is being prepared, or waits for what its job needs; nothing of the job has run.</summary>
    Created,

    /// <summary>The job has executed its program (execve(2)).</summary>
    Running,

    /// <summary>All of its tasks are stopped (<see cref="RunningSandbox.Pause"/>).</summary>
    Paused,

    /// <summary>Every process of the job is dead; what it left is collected, or the result is there.</summary>
    Exited,
}
