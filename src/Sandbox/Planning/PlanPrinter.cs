using System.Globalization;
using System.Text;
using Sandbox.Interop.Generated;
using Sandbox.Jobs;
using Sandbox.Planning.Steps;
using Sandbox.Text;

namespace Sandbox.Planning;

/// <summary>The dry run: every step in order and the limits with what will hold them. Shows no value of a variable and no byte of a file.</summary>
internal static class PlanPrinter
{
    private static readonly (ulong Flag, string Name)[] s_namespaces =
    [
        (KernelAbi.CLONE_NEWUSER, "user"),
        (KernelAbi.CLONE_NEWNS, "mnt"),
        (KernelAbi.CLONE_NEWPID, "pid"),
        (KernelAbi.CLONE_NEWNET, "net"),
        (KernelAbi.CLONE_NEWIPC, "ipc"),
        (KernelAbi.CLONE_NEWUTS, "uts"),
    ];

    public static string Print(PlanFacts facts) => Print(facts.Plan, facts.Enforcement, facts.Cgroups);

    public static string Print(SandboxPlan plan, IReadOnlyDictionary<string, Enforcement> enforcement, IReadOnlyList<string> cgroups)
    {
        var text = new StringBuilder();
        PrintClone(text, plan);
        PrintSteps(text, plan);
        MountListing.Print(text, plan);
        PrintSkipped(text, plan);
        PrintLimits(text, enforcement);
        PrintCgroups(text, cgroups);
        return text.ToString();
    }

    /// <summary>The value of a limit in the words of messages.</summary>
    public static string Value(string limit, double? value) => value is not { } number ? "none"
        : LimitTable.Find(limit)?.Text(number) ?? number.ToString(CultureInfo.InvariantCulture);

    private static void PrintClone(StringBuilder text, SandboxPlan plan)
    {
        text.Append("namespaces:");
        foreach (var (flag, name) in s_namespaces)
        {
            text.Append((plan.Namespaces & flag) != 0 ? " " + name : "");
        }

        // Made by the payload itself, in the groups it has come into.
        text.Append(plan.Steps.Any(step => step is CgroupStep) ? " cgroup\n" : "\n");
        text.Append(Invariant($"set-up within {plan.SetupTime.TotalSeconds} s, "));
        text.Append(plan.WallTime is { } wall ? Invariant($"killed {wall.TotalSeconds} s after execve") : "no wall time limit");
        text.Append((plan.Flags & PlanFlags.Hold) != 0 ? ", files kept until outputs are collected\n" : "\n");
    }

    private static void PrintSteps(StringBuilder text, SandboxPlan plan)
    {
        PlanPhase? phase = null;
        for (var index = 0; index < plan.Steps.Count; index++)
        {
            var step = plan.Steps[index];
            if (step.Phase != phase)
            {
                phase = step.Phase;
                text.Append('\n').Append(step.Phase.OfJob().Word()).Append('\n');
            }

            text.Append(Invariant($"{index,5}  {step.Describe()}"));
            text.Append(step.Origin.Length > 0 ? $"  [{step.Origin}]\n" : "\n");
        }
    }

    private static void PrintSkipped(StringBuilder text, SandboxPlan plan)
    {
        foreach (var target in plan.SkippedMounts)
        {
            text.Append(Invariant($"\nskipped: {Words.Quote(target)}, its source does not exist\n"));
        }
    }

    private static void PrintLimits(StringBuilder text, IReadOnlyDictionary<string, Enforcement> enforcement)
    {
        text.Append("\nlimits\n");
        foreach (var (name, limit) in enforcement)
        {
            text.Append(Invariant($"  {name,-12} {Value(name, limit.Requested),10}  by {limit.By.Word()}"));
            text.Append(limit.Effective != limit.Requested ? $", in force {Value(name, limit.Effective)}" : "");
            text.Append(limit.Note is null ? "\n" : $" ({limit.Note})\n");
        }
    }

    private static void PrintCgroups(StringBuilder text, IReadOnlyList<string> why)
    {
        text.Append(why.Count > 0 ? "\ncontrol groups\n" : "");
        foreach (var sentence in why)
        {
            text.Append(Invariant($"  {sentence}\n"));
        }
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}

/// <summary>The mount table that a plan ends in.</summary>
internal static class MountListing
{
    /// <summary>Every mount the job will see, in the order in which they are made; a later one hides an earlier one of the same target.</summary>
    public static IReadOnlyList<MountPoint> Of(SandboxPlan plan)
    {
        var mounts = plan.Steps.SelectMany(step => step.MountPoints).ToList();

        // Layers stand in the place of the root tmpfs, which leaves with the old root.
        if (mounts.FindLastIndex(mount => mount.Target == "/") is var root and > 0)
        {
            mounts.RemoveRange(0, root);
        }

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
