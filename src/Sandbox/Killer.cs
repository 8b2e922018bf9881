namespace Sandbox;

/// <summary>Who ended a job by a signal; the names in result.json are these in kebab-case.</summary>
public enum Killer
{
    /// <summary>The job itself.</summary>
    Job,

    /// <summary>The sandbox, or the kernel at a limit that the sandbox has set.</summary>
    Sandbox,

    /// <summary>The kernel's OOM killer.</summary>
    KernelOom,

    /// <summary>The seccomp policy.</summary>
    Seccomp,
}

/// <summary>The words of results.</summary>
internal static class Killers
{
    public static string Word(this Killer killer) => killer switch
    {
        Killer.Job => "job",
        Killer.Sandbox => "sandbox",
        Killer.KernelOom => "kernel-oom",
        Killer.Seccomp => "seccomp",
        _ => throw new ArgumentOutOfRangeException(nameof(killer)),
    };
}
