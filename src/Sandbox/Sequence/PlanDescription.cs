using Sandbox.Execution;
using Sandbox.Execution.Streams;
using Sandbox.Host;
using Sandbox.Jobs;
using Sandbox.Planning;

namespace Sandbox.Sequence;

/// <summary>Says what a job would be, and starts nothing.</summary>
/// <param name="host">What it would share with others.</param>
internal sealed class PlanDescription(JobHost host)
{
    /// <summary>What is printed of a job of any form.</summary>
    /// <param name="document">The job; it may not have live streams.</param>
    /// <param name="print">Prints one part of it.</param>
    /// <param name="cancellationToken">Ends the waiting for a free core, and for files of the host that do not answer.</param>
    /// <exception cref="InvalidJobException">The job is not valid; it lists every problem.</exception>
    /// <exception cref="SandboxException">The policy cannot be loaded.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public string Of(JobDocument document, Func<PlanFacts, string> print, CancellationToken cancellationToken)
    {
        if (document is ProcessesJob several)
        {
            JobValidator.Validate(several);
        }
        else if (document is JobSpec single)
        {
            _ = JobValidator.Validate(single);
        }

        var parts = document.Parts().Select(part => (part.Pointer, Plan: Of(part.Job, print, cancellationToken)));
        return string.Join('\n', parts.Select(static part => part.Pointer.Length == 0 ? part.Plan : $"== {part.Pointer}\n{part.Plan}"));
    }

    private string Of(JobSpec asked, Func<PlanFacts, string> print, CancellationToken cancellationToken)
    {
        _ = JobValidator.ValidatePart(asked);
        var job = StoredOutputs.Without(asked);
        var valid = JobValidator.ValidatePart(job);
        LiveStreams.Refuse(job);
        var paths = NamedPath.AllOf(job, () => host.Shared.StoreLocation);
        string Describe() => print(Plan(valid, paths, cancellationToken));
        var thread = new HostThread<string>(Describe, TimeProvider.System, HostWatch.Limit);
        return paths.Count == 0 ? Describe() : thread.Run(static () => { }, cancellationToken);
    }

    private PlanFacts Plan(ValidJob valid, IReadOnlyList<NamedPath> paths, CancellationToken cancellationToken)
    {
        using var prepared = new JobPreparation(valid, host, attachment: null) { IsForPlan = true };
        prepared.Acquire(paths, cancellationToken);
        prepared.CheckFiles();
        return prepared.ToFacts();
    }
}
