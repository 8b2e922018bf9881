using Sandbox.Host;
using Sandbox.Planning;
using Sandbox.Planning.Steps;
using Sandbox.Text;

namespace Sandbox.Execution;

// Overlayfs does not cross mounts, and in a user namespace it takes no folder with a mount below: whoever may not unmount it may not
// look under it either (EINVAL; clone_private_mount and has_locked_children, fs/namespace.c).

/// <summary>Why a folder of the host cannot be under an overlay; found after the failure only.</summary>
internal static class OverlayHints
{
    /// <summary>Names a mount below one of the step's folders; null if that is not what stands in the way.</summary>
    public static string? For(PlanStep step, IReadOnlyList<PlanStep> plan, string errno, HostFiles files)
    {
        if (errno != "EINVAL")
        {
            return null;
        }

        var mounts = files.Lines("proc/self/mountinfo").Select(MountEntry.Parse).OfType<MountEntry>().ToList();
        foreach (var source in Sources(step, plan))
        {
            if (files.RealPath(source) is { } real &&
                mounts.Find(mount => mount.Target != real && Paths.IsAtOrBelow(mount.Target, real)) is { } below)
            {
                return $"{Words.Quote(below.Target)} is a mount of its own below {Words.Quote(source)}, and no overlay can be made of a folder with mounts below; " +
                    Remedy(step);
            }
        }

        return null;
    }

    private static IEnumerable<string> Sources(PlanStep step, IReadOnlyList<PlanStep> plan) => step switch
    {
        OverlayStep overlay => [overlay.Source],
        LayeredRootStep => plan.OfType<LayerStep>().Select(layer => layer.Folder),
        _ => [],
    };

    private static string Remedy(PlanStep step) => step is OverlayStep { ReadOnly: true } made
        ? $"this one is needed because something is to be put below {Words.Quote(made.Target)} that is not there yet: put it elsewhere, or make it on the host"
        : "unmount it, or overlay the folders beside it one by one, or bind the folder";
}
