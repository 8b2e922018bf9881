namespace Sandbox.Planning;

/// <summary>Something a job is given: the steps that give it, and <see cref="IDisposable.Dispose"/> to take it back after the job's end.</summary>
internal interface IJobResource : IDisposable
{
    /// <summary>CLONE_NEW* flags this resource needs on the job's first process.</summary>
    ulong Namespaces { get; }

    /// <summary>What the launcher does for it; the compiler puts steps of all resources in the order of phases.</summary>
    IReadOnlyList<PlanStep> Steps { get; }
}
