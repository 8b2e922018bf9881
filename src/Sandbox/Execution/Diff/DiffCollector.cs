using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Execution.Diff;

/// <summary>Tells what a finished job changed in its writable overlays.</summary>
/// <param name="spec">What was asked for.</param>
/// <param name="user">The ids that files of the job have in an archive: those the job saw them with.</param>
/// <param name="budget">Bytes that everything collected may bring.</param>
/// <param name="comparisons">Bytes that may be read only to find out whether they changed.</param>
internal sealed class DiffCollector(DiffSpec spec, JobUser user, CollectBudget budget, CollectBudget comparisons)
{
    private const string Pointer = "/diff";

    /// <summary>Looks through the upper sides.</summary>
    /// <param name="scratch">The job's scratch, which holds them; every process of the job is dead.</param>
    /// <param name="overlays">The overlays and what lies below them.</param>
    /// <param name="taken">Host paths that outputs were written to.</param>
    /// <exception cref="SandboxException">The host's side failed: the archive cannot be written.</exception>
    public CollectedDiff Collect(SafeFileHandle scratch, DiffBase overlays, IReadOnlyList<OutputResult> taken)
    {
        using var archive = spec.To is { } to ? DiffArchive.Create(OutputPlace.File(to, Pointer), user) : null;
        var report = new DiffReport(budget, comparisons, archive);
        if (taken.Any(output => output.To == spec.To))
            report.Fail("/", $"another output was already written to {spec.To}");

        foreach (var (upper, lower) in overlays.Overlays)
        {
            var path = Encoding.UTF8.GetBytes($"{upper.Folder}/upper\0");
            var error = Libc.OpenAt2(scratch, path, OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow, LowerFolder.Resolve, out var root);
            using (root)
            {
                if (error < 0)
                    throw new SandboxException("the upper side of an overlay is lost") { Phase = "collect", Step = "overlay", Path = upper.Target, Errno = Errno.Name(-error), Pointer = upper.Origin };

                new UpperWalk(upper, root, lower, report).Run();
            }
        }

        return report.Finish();
    }
}
