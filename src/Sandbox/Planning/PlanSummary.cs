using System.Diagnostics;
using System.Globalization;
using System.Text;
using Sandbox.Jobs;
using Sandbox.Planning.Steps;
using Sandbox.Policies;
using Sandbox.Text;

namespace Sandbox.Planning;

/// <summary>
/// A plan on one page, for a person who wants to know what a job will see and what it is held to: of the same plan, limit by limit,
/// that the job would be started with. Shows no value of a variable and no byte of a file.
/// </summary>
internal static class PlanSummary
{
    private const int MaxMounts = 6;
    private const string Blank = "           ";

    // In the order in which a reader trusts them.
    private static readonly (Mechanism By, string Holder)[] s_holders =
    [
        (Mechanism.Cgroup2, "the kernel, for the whole job (cgroup 2)"),
        (Mechanism.Cgroup1, "the kernel, for the whole job (cgroup 1)"),
        (Mechanism.Tmpfs, "the kernel, for all writable directories (tmpfs)"),
        (Mechanism.Rlimit, "the kernel (rlimits)"),
        (Mechanism.Timer, "a timer, which kills"),
        (Mechanism.Pipe, "the sandbox, as the bytes pass"),
        (Mechanism.Perf, "the sandbox, by the kernel's task clock"),
        (Mechanism.Watchdog, "the sandbox, by looking every few ms"),
        (Mechanism.Affinity, "the processes' affinity"),
        (Mechanism.None, "nothing on this host"),
    ];

    private static readonly string[] s_usual = ["cpuTime", "wallTime", "memory", "processes", "output", "fileSize", "openFiles", "disk"];

    public static string Print(PlanFacts facts)
    {
        var text = new StringBuilder();
        Append(text, "job", [(facts.Job.Name is { } name ? Words.Quote(name) + ": " : "") + Command(facts.Job)]);
        Append(text, "runs as", [RunsAs(facts.Plan) + ", in " + Words.Quote(facts.Job.Directory)]);
        Append(text, "root", [facts.Job.Rootfs.Summary]);
        Append(text, "sees", Mounts(facts.Plan));
        Append(text, "gets", Given(facts.Job));
        Append(text, "writes", [Writable(facts)]);
        Append(text, "network", [Network(facts.Job.Network)]);
        Append(text, "policy", [Policy(facts)]);
        Append(text, "limits", Limits(facts.Enforcement));
        Append(text, "weaker", Weaknesses(facts.Enforcement));
        return text.ToString();
    }

    private static void Append(StringBuilder text, string label, IReadOnlyList<string> lines)
    {
        for (var index = 0; index < lines.Count; index++)
        {
            text.Append(index == 0 ? label.PadRight(Blank.Length) : Blank).Append(lines[index]).Append('\n');
        }
    }

    private static string Command(JobSpec job)
    {
        var words = string.Join(' ', job.Command.Select(Words.Quote));
        return words.Length > 100 ? words[..100] + "…" : words;
    }

    private static string RunsAs(SandboxPlan plan)
    {
        var inside = plan.Steps.OfType<CredentialsStep>().Select(step => Invariant($"{step.Uid}:{step.Gid}")).FirstOrDefault("0:0");
        var more = plan.Steps.OfType<IdentityStep>().Any(step => step.SubIds is not null) ? ", with subordinate ids" : "";
        return Invariant($"{inside} inside, {plan.HostUid}:{plan.HostGid} outside{more}");
    }

    // What the job asked for, not what every job gets.
    private static List<string> Mounts(SandboxPlan plan)
    {
        var lines = plan.Steps.Where(step => step.Origin.StartsWith("/mounts/", StringComparison.Ordinal))
            .SelectMany(step => step.MountPoints.Where(mount => mount.Type is not ("mask" or "pin")).Select(mount => Mount(step, mount)))
            .Concat(plan.SkippedMounts.Select(target => $"{Words.Quote(target)}: skipped, its source does not exist")).ToList();
        return lines.Count <= MaxMounts ? lines : [.. lines.Take(MaxMounts), Invariant($"and {lines.Count - MaxMounts} more: \"sandbox plan\" lists all")];
    }

    private static string Mount(PlanStep step, MountPoint mount)
    {
        var source = mount.Source is { } path ? Words.Quote(path) : "memory";
        var how = (step, mount) switch
        {
            (OverlayStep { ReadOnly: false, Upper: { } upper }, _) => $"a view of {source}, changes are kept in {Words.Quote(upper)}",
            (OverlayStep { ReadOnly: false }, _) => $"a view of {source}, which stays as it is: changes are gone afterwards",
            (_, { Source: null }) => "empty, in memory, gone afterwards",
            (_, { ReadOnly: true }) => $"{source}, read-only",
            _ => $"{source}, WRITABLE: changes stay",
        };
        return $"{Words.Quote(mount.Target)}: {how}{(mount.NoExec ? ", nothing can be executed" : "")}{(mount.Devices ? ", a device" : "")}";
    }

    private static string[] Given(JobSpec job)
    {
        var stdin = job.Stdin is NullStdin ? "no input" : "input on stdin";
        return [Invariant($"{stdin}, {Count(job.Files.Count, "file")} put in, {Count(job.Env.Count, "variable")} set, {Count(job.Outputs.Count, "output")} collected")];
    }

    private static string Writable(PlanFacts facts)
    {
        var directories = facts.Plan.Steps.OfType<DirectoryStep>().Where(step => step.Origin.Length == 0).SelectMany(step => step.MountPoints).Select(mount => Words.Quote(mount.Target));
        var disk = facts.Job.Limits.DiskBytes is { } bytes ? PlanPrinter.Value("disk", bytes) + " together" : "without a limit";
        return $"{string.Join(", ", directories)}: {disk}, in memory, gone afterwards";
    }

    private static string Network(Network network) => network switch
    {
        NoNetwork => "none",
        LoopbackNetwork => "a loopback of its own",
        EgressNetwork egress => $"the way out to {string.Join(", ", egress.Allow.Select(Words.Quote))}; nothing else, and a loopback of its own",
        JoinedNetwork joined => $"the network of jobs {joined.NetworkName}" + (joined.Allow.Count == 0 ? ", and nothing else" : $", and the way out to {string.Join(", ", joined.Allow.Select(Words.Quote))}"),
        ContainerNetwork other => $"that of the job {Words.Quote(other.Container)}, as it is",
        HostNetwork => "the HOST's: the way out, and every port that listens there",
        _ => throw new UnreachableException(),
    };

    private static string Policy(PlanFacts facts)
    {
        var about = PolicyLibrary.BuiltIn(facts.Policy.Name) is null ? "your own" : "built in";
        return $"{Words.Quote(facts.Policy.Name)} ({about}: \"sandbox policy show\" prints it); no new privileges; " +
            (facts.Job.Capabilities == CapabilitySet.None ? "no capabilities" : "capabilities over its own ids: " + CapabilityNames.Text(facts.Job.Capabilities));
    }

    private static List<string> Limits(IReadOnlyDictionary<string, Enforcement> limits)
    {
        var lines = new List<string>();
        foreach (var (by, holder) in s_holders)
        {
            string[] held = [.. limits.Where(limit => limit.Value.By == by && limit.Value.Effective is not null).Select(limit => $"{limit.Key} {PlanPrinter.Value(limit.Key, limit.Value.Effective)}")];
            if (held.Length > 0)
            {
                lines.Add($"{string.Join(", ", held)}: {holder}");
            }
        }

        string[] free = [.. s_usual.Where(name => !limits.TryGetValue(name, out var limit) || limit.Effective is null)];
        return free.Length == 0 ? lines : [.. lines, $"no limit: {string.Join(", ", free)}"];
    }

    // What "require" would refuse, in the words of who reads a page.
    private static List<string> Weaknesses(IReadOnlyDictionary<string, Enforcement> limits)
    {
        var lines = new List<string>();
        foreach (var (name, limit) in limits)
        {
            if (limit.Requested > limit.Effective && limit.Note is { } note)
            {
                lines.Add($"{name}: {PlanPrinter.Value(name, limit.Requested)} asked for, {PlanPrinter.Value(name, limit.Effective)} in force ({note})");
            }
            else if (name is "memory" or "cpuTime" && limit.By is Mechanism.Watchdog or Mechanism.Perf)
            {
                lines.Add($"{name} is not held by the kernel: \"sandbox doctor\" says how to get a control group that does");
            }
        }

        return lines;
    }

    private static string Count(int count, string what) => count == 1 ? $"1 {what}" : string.Create(CultureInfo.InvariantCulture, $"{count} {what}s");

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
