using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Storage;

namespace Sandbox.Execution.Collect;

/// <summary>Tells what a finished job changed in its writable overlays.</summary>
/// <param name="spec">What was asked for.</param>
/// <param name="user">The ids that files of the job have in an archive: those the job saw them with.</param>
/// <param name="budget">Bytes that everything collected may bring.</param>
/// <param name="comparisons">Bytes that may be read only to find out whether they changed.</param>
/// <param name="destinations">Where an archive goes.</param>
internal sealed class DiffCollector(DiffSpec spec, JobUser user, CollectBudget budget, CollectBudget comparisons, OutputDestinations destinations)
{
    /// <summary>Looks through the upper sides.</summary>
    /// <param name="uppers">The directory that holds them; every process of the job is dead.</param>
    /// <param name="overlays">The overlays and what lies below them.</param>
    /// <param name="check">Throws if what was seen may not be all there is; called before each overlay and before the archive is completed.</param>
    /// <exception cref="SandboxException">The host's side failed: the archive cannot be written.</exception>
    public CollectedDiff Collect(SafeFileHandle uppers, DiffBase overlays, Action check)
    {
        DiffArchive? begun = null;
        var refusal = spec.To is { } to ? DiffArchive.Create(destinations.File(to), user, out begun) : null;
        using var archive = begun;
        var report = new DiffReport(budget, comparisons, archive);
        if (refusal is not null)
        {
            report.Fail("/", refusal);
        }

        foreach (var (upper, lower) in overlays.Overlays)
        {
            check();
            var path = Encoding.UTF8.GetBytes($"{upper.Directory}/upper\0");
            var error = UntrustedTree.EnterDirectory(uppers, path, out var root);
            using (root)
            {
                if (error < 0)
                {
                    throw new SandboxException("the upper side of an overlay is lost") { Operation = Operation.CollectUpper, Path = upper.Target, Errno = Errno.Name(-error), Pointer = upper.Origin };
                }

                new UpperWalk(upper, root, lower, report).Run();
            }
        }

        check();
        return report.Finish();
    }
}

/// <summary>What became of a job's <c>diff</c>.</summary>
internal sealed record CollectedDiff
{
    /// <summary>None was asked for, or there is nothing to look at.</summary>
    public static CollectedDiff None { get; } = new() { Diff = null, Errors = [], Required = null };

    /// <summary>The result's part; null if there is none.</summary>
    public required DiffResult? Diff { get; init; }

    /// <summary>What could not be told, with the reason.</summary>
    public required IReadOnlyList<OutputFailure> Errors { get; init; }

    /// <summary>The first of them that leaves the diff or its archive incomplete; null if none does.</summary>
    public required OutputFailure? Required { get; init; }
}
