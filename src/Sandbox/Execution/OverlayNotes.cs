using System.Text;
using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Planning.Steps;
using Sandbox.Text;

namespace Sandbox.Execution;

// Overlayfs copies a file up with its owner before it changes it, and an owner that the job's user namespace does not map is
// EOVERFLOW (notify_change, fs/attr.c): a caller can map its own user and primary group alone (user_namespaces(7)), so files of
// another group, as a set-group-ID directory of a team makes them, can be read and replaced, but not changed.

/// <summary>Which overlays of a job hold files that it cannot change.</summary>
internal static class OverlayNotes
{
    // The directory itself and what lies directly in it: who owns a tree usually shows there, and nobody waits for a walk.
    private const int MaxEntries = 256;

    /// <summary>One sentence for each such overlay, and one if none of them works as it should.</summary>
    /// <param name="plan">The job's plan.</param>
    /// <param name="lacksDisk">They are in memory, although this kernel's tmpfs cannot hold them.</param>
    public static IReadOnlyList<string> Of(SandboxPlan plan, bool lacksDisk)
    {
        var ids = (IdentityStep)plan.Steps[0];
        var notes = new List<string>();
        if (lacksDisk)
        {
            notes.Add("this kernel's tmpfs has no user attributes, and no directory was found on a disk that has: in writable overlays new directories cannot be renamed (EXDEV), and directories of the source not be removed and made again (EIO); set SANDBOX_STORE to a directory on ext4, XFS or Btrfs");
        }

        foreach (var step in plan.Steps)
        {
            if (Source(step, plan) is { } source && Foreign(source, ids) is { } foreign)
            {
                notes.Add($"{foreign}, which the job does not have: what belongs to others in {Words.Quote(source)} cannot be changed through an overlay (EOVERFLOW)");
            }
        }

        return notes;
    }

    private static string? Source(PlanStep step, SandboxPlan plan) => step switch
    {
        OverlayStep { ReadOnly: false } overlay => overlay.Source,
        LayerStep { OwnFiles: false } layer when plan.Steps.OfType<LayeredRootStep>().Any(root => root.Writable) => layer.Directory,
        _ => null,
    };

    private static string? Foreign(string source, IdentityStep ids)
    {
        if (Libc.StatusOf(source, out var status) < 0)
        {
            return null;
        }

        if (Foreign(source, status, ids) is { } whole)
        {
            return whole;
        }

        if (Libc.OpenDirectory(Encoding.UTF8.GetBytes(source + '\0'), out var directory) < 0)
        {
            return null;
        }

        using (directory)
        {
            foreach (var entry in Libc.ListDirectory(source).Take(MaxEntries))
            {
                if (Libc.StatusOfName(directory, Encoding.UTF8.GetBytes(entry.Name + '\0'), out status) == 0 &&
                    Foreign(source.TrimEnd('/') + "/" + entry.Name, status, ids) is { } one)
                {
                    return one;
                }
            }
        }

        return null;
    }

    private static string? Foreign(string path, FileStatus status, IdentityStep ids)
    {
        var sub = ids.SubIds;
        if (!IsMapped(status.Owner, ids.HostUid, sub?.FirstUid, sub?.Uids))
        {
            return $"{Words.Quote(path)} belongs to the user {status.Owner}";
        }

        return IsMapped(status.Group, ids.HostGid, sub?.FirstGid, sub?.Gids) ? null : $"{Words.Quote(path)} belongs to the group {status.Group}";
    }

    private static bool IsMapped(uint id, uint own, uint? first, uint? count) =>
        id == own || (first is { } start && id >= start && id - start < count);
}

// Overlayfs does not cross mounts, and in a user namespace it takes no directory with a mount below: whoever may not unmount it may not
// look under it either (EINVAL; clone_private_mount and has_locked_children, fs/namespace.c).

/// <summary>Why a directory of the host cannot be under an overlay; found after the failure only.</summary>
internal static class OverlayHints
{
    /// <summary>Names a mount below one of the step's directories; null if that is not what stands in the way.</summary>
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
                return $"{Words.Quote(below.Target)} is a mount of its own below {Words.Quote(source)}, and no overlay can be made of a directory with mounts below; " +
                    Remedy(step);
            }
        }

        return null;
    }

    private static IEnumerable<string> Sources(PlanStep step, IReadOnlyList<PlanStep> plan) => step switch
    {
        OverlayStep overlay => [overlay.Source],
        LayeredRootStep => plan.OfType<LayerStep>().Select(layer => layer.Directory),
        _ => [],
    };

    private static string Remedy(PlanStep step) => step is OverlayStep { ReadOnly: true } made
        ? $"this one is needed because something is to be put below {Words.Quote(made.Target)} that is not there yet: put it elsewhere, or make it on the host"
        : "unmount it, or overlay the directories beside it one by one, or bind the directory";
}
