namespace Sandbox;

/// <summary>The two values of a limit of getrlimit(2), in the kernel's units. Neither is more than what the job would have without: a job cannot raise what holds it.</summary>
public sealed record RlimitRange
{
    /// <summary>What is in force at first; the job may raise it up to <see cref="Hard"/>. Null (the default): the same as the hard one.</summary>
    public long? Soft { get; init; }

    /// <summary>What the job can never exceed. Null (the default): what it would have without.</summary>
    public long? Hard { get; init; }
}
