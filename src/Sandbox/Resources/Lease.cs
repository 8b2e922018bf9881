using Microsoft.Win32.SafeHandles;
using Sandbox.Planning;
using Sandbox.Resources.Limits;

namespace Sandbox.Resources;

/// <summary>Takes possession of something that a job needs.</summary>
/// <param name="draft">The job as far as it is prepared: holds what the resources before this one have found, and takes what those after it need.</param>
/// <param name="host">What all jobs share.</param>
/// <param name="cancellationToken">Ends the waiting for what others have.</param>
/// <returns>What was taken; null where the job needs nothing of it. If it throws, nothing was.</returns>
/// <exception cref="InvalidJobException">It cannot be a job, which only shows now.</exception>
/// <exception cref="SandboxException">This host cannot give it what it needs.</exception>
/// <exception cref="OperationCanceledException">Cancelled while waiting.</exception>
internal delegate Lease? Resource(JobDraft draft, HostResources host, CancellationToken cancellationToken);

/// <summary>Something that a job has until its end: what the launcher does for it, what it holds of the job's limits, and how it is given back.</summary>
/// <param name="held">Is disposed of to give it back; null where there is nothing to give.</param>
internal class Lease(IDisposable? held = null) : IDisposable
{
    /// <summary>CLONE_NEW* of the job's first process.</summary>
    public ulong Namespaces { get; init; }

    /// <summary>What the launcher does for it; the compiler puts the steps of all leases in the order of phases.</summary>
    public IReadOnlyList<PlanStep> Steps { get; init; } = [];

    /// <summary>What the host does for it between the job's namespaces and its first instruction; null for nothing.</summary>
    public BarrierPart? OnBarrier { get; init; }

    /// <summary>What the launcher is given with the plan. They stay the lease's.</summary>
    public virtual IReadOnlyList<SafeFileHandle> Descriptors => [];

    /// <summary>Adds what this holds of the job's limits, as the kernel reads it back now.</summary>
    public virtual EnforcementFacts Holds(EnforcementFacts facts) => facts;

    /// <summary>The launcher has the descriptors.</summary>
    public virtual void HandedOver()
    {
    }

    /// <summary>Gives it back. Nothing of the job is left, or it never was started.</summary>
    public virtual void Dispose() => held?.Dispose();
}

/// <summary>The host's part of setting a job up, for which pid 1 waits at the plan's barrier (native/README.md, "Barrier").</summary>
internal sealed record BarrierPart
{
    /// <summary>What is done, as an error has it, such as <c>wire the network</c>.</summary>
    public required string Name { get; init; }

    /// <summary>JSON pointer of what in the job asked for it.</summary>
    public required string Origin { get; init; }

    /// <summary>
    /// Does it, on a thread of its own, with what pid 1 has handed up. Whoever does not heed the token is left behind with the job given up, and the lease may be given back meanwhile.
    /// </summary>
    public required Action<BarrierDescriptors, CancellationToken> Run { get; init; }

    /// <summary>Says afterwards whether all of it was done; without that part the job starts all the same, and is told. Null: it always is.</summary>
    public Func<bool>? IsWhole { get; init; }
}

/// <summary>What a job has taken, given back in the reverse order; what cannot be given back keeps nothing else.</summary>
internal sealed class LeaseStack : IDisposable
{
    private readonly List<IDisposable> _taken = [];

    /// <summary>Takes possession.</summary>
    public void Add(IDisposable taken) => _taken.Add(taken);

    /// <summary>Gives everything back, once.</summary>
    /// <exception cref="AggregateException">Something could not be given back; the rest was.</exception>
    public void Dispose()
    {
        List<Exception>? failures = null;
        for (var index = _taken.Count - 1; index >= 0; index--)
        {
            try
            {
                _taken[index].Dispose();
            }
            catch (Exception failure) // the others have to go back all the same
            {
                (failures ??= []).Add(failure);
            }
        }

        _taken.Clear();
        if (failures is not null)
        {
            throw new AggregateException(failures);
        }
    }
}
