namespace Sandbox;

/// <summary>Which seccomp policy filters the job's system calls.</summary>
public abstract record SeccompSpec
{
    private protected SeccompSpec() { }
}
