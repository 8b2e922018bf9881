using System.Text;
using Sandbox.Text;

namespace Sandbox.Planning;

/// <summary>The mount table that a plan ends in.</summary>
internal static class MountListing
{
    /// <summary>Every mount the job will see, in the order in which they are made; a later one hides an earlier one of the same target.</summary>
    public static IReadOnlyList<MountPoint> Of(SandboxPlan plan)
    {
        var mounts = plan.Steps.SelectMany(step => step.MountPoints).ToList();

        // Layers stand in the place of the root tmpfs, which leaves with the old root.
        if (mounts.FindLastIndex(mount => mount.Target == "/") is var root and > 0)
            mounts.RemoveRange(0, root);
        return mounts;
    }

    /// <summary>Adds it to a dry run.</summary>
    public static void Print(StringBuilder text, SandboxPlan plan)
    {
        var mounts = Of(plan);
        var width = Math.Min(32, mounts.Max(mount => mount.Target.Length));
        text.Append("\nmount table\n");
        foreach (var mount in mounts.Where(mount => mount.Type is not ("mask" or "pin") && !IsOrdinaryFile(mount)))
        {
            text.Append("  ").Append(Words.Quote(mount.Target).PadRight(width)).Append("  ").Append(mount.Type.PadRight(7)).Append("  ").Append(mount.Options);
            text.Append(mount.Source is { } source && source != mount.Target ? "  from " + Words.Quote(source) : "");
            text.Append(mount.Perhaps ? "  if it exists\n" : "\n");
        }
    }

    // Hidden paths and files are steps above; the table is for what is mounted where.
    private static bool IsOrdinaryFile(MountPoint mount) => mount is { Perhaps: true, Type: "tmpfs" };
}
