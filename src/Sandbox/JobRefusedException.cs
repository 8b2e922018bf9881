namespace Sandbox;

/// <summary>The runner takes no more jobs, because it is being drained (<see cref="SandboxRunner.DrainAsync"/>); another runner may take this one.</summary>
public sealed class JobRefusedException : InvalidOperationException
{
    /// <summary>Creates the exception.</summary>
    public JobRefusedException()
        : base("the runner takes no more jobs: it waits for those that run to end")
    {
    }
}
