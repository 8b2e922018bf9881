using Sandbox.Planning.Steps;

namespace Sandbox.Planning;

/// <summary>
/// The folders that must stay where they are for a read-only file to stay: those above it in which the job may write and that
/// are no mount points already. rename(2) refuses a mount point, but takes one that is deeper along.
/// </summary>
internal sealed class PinnedFolders
{
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly List<PinStep> _steps = [];

    /// <summary>From the outermost on.</summary>
    public IEnumerable<PinStep> Steps => _steps.OrderBy(step => step.Target.Length);

    public void AddFor(string file, string pointer, MountTable table)
    {
        // Upwards, because what is above a folder that was seen was seen as well.
        for (var end = file.LastIndexOf('/'); end > 0 && _seen.Add(file[..end]); end = file.LastIndexOf('/', end - 1))
        {
            var folder = file[..end];
            if (table.Covering(folder) is { Writable: true } mount && mount.Target != folder)
            {
                _steps.Add(new PinStep(folder, pointer));
            }
        }
    }
}
