using Sandbox.Execution.Diff;
using Sandbox.Host;

namespace Sandbox.Execution;

// The mounts are there for as long as pid 1 is. Killed while files are fetched, by the kernel for want of memory or by somebody, it takes
// them along, and everything seems to be missing: so nothing counts as missing unless pid 1 was still there afterwards.

/// <summary>Fetches what a finished job leaves: its outputs, its changes, and where its streams have gone.</summary>
internal sealed class OutputCollection(JobSpec spec, Supervisor supervisor, OutputDestinations destinations, CancellationToken cancellationToken)
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
            if (supervisor.Ended is not null)
                Collect(overlays);
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
        if (spec.Outputs.Count > 0 && supervisor.Root is { } root)
        {
            using var step = HostWatch.Enter("collect outputs");
            var collector = new OutputCollector(root, OutputCollector.DevicesOf(supervisor.OwnFileSystems), _budget, destinations, cancellationToken);
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
            using var step = HostWatch.Enter("collect changes");
            var comparisons = new CollectBudget(spec.Limits.CollectBytes);
            Diff = new DiffCollector(spec.Diff!, spec.Ids, _budget, comparisons, destinations).Collect(uppers, overlays, CheckHeld);
        }
    }

    private void CheckHeld()
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!supervisor.HoldsMounts)
            throw new SandboxException("the sandbox was lost while outputs were collected: its launcher or its first process was killed") { Phase = "collect", Hint = SetupFailures.LostHint };
    }
}
