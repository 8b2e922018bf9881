using Sandbox.Host;
using Sandbox.Planning;
using Sandbox.Text;

namespace Sandbox.Execution.Collect;

// The mounts are there for as long as pid 1 is. Killed while files are fetched, by the kernel for want of memory or by somebody, it takes
// them along, and everything seems to be missing: so nothing counts as missing unless pid 1 was still there afterwards.

/// <summary>Fetches what a finished job leaves: its outputs, its changes, and where its streams have gone.</summary>
internal sealed class OutputCollection(JobSpec spec, SandboxPlan plan, Supervisor supervisor, OutputDestinations destinations, CancellationToken cancellationToken)
{
    private readonly CollectBudget _budget = new(spec.Limits.CollectBytes);

    /// <summary>Files, and what went wrong with them.</summary>
    public CollectedOutputs Outputs { get; private set; } = CollectedOutputs.None;

    /// <summary>Changes.</summary>
    public CollectedDiff Diff { get; private set; } = CollectedDiff.None;

    /// <summary>Why the host could not fetch or write them; null if it could.</summary>
    public SandboxException? Failure { get; private set; }

    /// <summary>The caller did not want to wait for them.</summary>
    public bool IsCancelled { get; private set; }

    /// <summary>Something was not collected because of <c>limits.collect</c>.</summary>
    public bool LimitReached => _budget.IsExceeded;

    /// <summary>Fetches everything; what fails is told, not thrown.</summary>
    public void Run(DiffBase? overlays)
    {
        try
        {
            if (supervisor.Reports.Ended is not null)
            {
                Collect(overlays);
            }

            Outputs = Outputs.With(destinations.DisplacedStreams());
        }
        catch (OperationCanceledException)
        {
            IsCancelled = true;
        }
        catch (SandboxException failure)
        {
            // What was written was whole. What was not found proves nothing.
            Failure = failure;
            Outputs = Outputs with { Errors = [], Required = null };
        }
    }

    private void Collect(DiffBase? overlays)
    {
        if (spec.Outputs.Count > 0 && supervisor.Reports.Root is { } root)
        {
            using var step = HostWatch.Enter(Operation.CollectOutputs);
            var collector = new OutputCollector(root, OutputCollector.DevicesOf(supervisor.Reports.OwnFileSystems), _budget, destinations, JobFileRights.Of(plan, spec.Ids), cancellationToken);
            try
            {
                collector.Collect(spec.Outputs);
            }
            finally
            {
                Outputs = collector.Collected;
            }

            CheckHeld();
        }

        if (overlays is not null && supervisor.UpperSides is { } uppers)
        {
            using var step = HostWatch.Enter(Operation.CollectChanges);
            var comparisons = new CollectBudget(spec.Limits.CollectBytes);
            Diff = new DiffCollector(spec.Diff!, spec.Ids, _budget, comparisons, destinations).Collect(uppers, overlays, CheckHeld);
        }
    }

    private void CheckHeld()
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!supervisor.HoldsMounts)
        {
            throw new SandboxException("the sandbox was lost while outputs were collected: its launcher or its first process was killed") { Phase = JobPhase.Collect, Hint = SetupFailures.LostHint };
        }
    }
}

/// <summary>What became of a job's <c>outputs</c>.</summary>
internal sealed record CollectedOutputs
{
    /// <summary>Nothing was asked for, or there is nothing to collect from.</summary>
    public static CollectedOutputs None { get; } = new() { Outputs = [], Errors = [], Required = null };

    /// <summary>Files written to the host, in the order of the job file, globs sorted by name.</summary>
    public required IReadOnlyList<OutputResult> Outputs { get; init; }

    /// <summary>Files not written, with the reason.</summary>
    public required IReadOnlyList<OutputFailure> Errors { get; init; }

    /// <summary>The first of <see cref="Errors"/> that concerns an output which is not optional; null if none does.</summary>
    public required OutputFailure? Required { get; init; }

    /// <summary>The same with further failures, none of which is optional.</summary>
    public CollectedOutputs With(IEnumerable<OutputFailure> failures)
    {
        OutputFailure[] further = [.. failures];
        return further.Length == 0 ? this : this with { Errors = [.. Errors, .. further], Required = Required ?? further[0] };
    }
}

/// <summary>What a pattern found.</summary>
internal sealed record OutputMatches
{
    /// <summary>Paths below the root, sorted by their characters' numbers.</summary>
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>What matched but cannot be looked into.</summary>
    public required IReadOnlyList<OutputFailure> Failures { get; init; }
}

/// <summary>Bytes that all collected files of a job may still bring (<c>limits.collect</c>).</summary>
/// <param name="limit">The limit; null for none.</param>
internal sealed class CollectBudget(long? limit)
{
    /// <summary>Bytes left.</summary>
    public long Left { get; private set; } = limit ?? long.MaxValue;

    /// <summary>Something was refused.</summary>
    public bool IsExceeded { get; private set; }

    /// <summary>Takes bytes off; null, or why there are not as many left.</summary>
    public string? Take(long bytes)
    {
        if (Room(bytes) is { } refusal)
        {
            return refusal;
        }

        HostWatch.Advance();
        Left -= bytes;
        return null;
    }

    /// <summary>Null if so many bytes are left, or why not.</summary>
    public string? Room(long bytes)
    {
        if (bytes <= Left)
        {
            return null;
        }

        IsExceeded = true;
        return $"with it, all collected files would be larger than limits.collect of {Amount.Bytes(limit ?? 0)}";
    }
}
