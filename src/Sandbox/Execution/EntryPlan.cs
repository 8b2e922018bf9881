using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Planning.Steps;

namespace Sandbox.Execution;

/// <summary>The plan for a process that enters a job: the steps by which the job's first process was confined, with another command.</summary>
internal static class EntryPlan
{
    // What no plan may lack (plan.c), and pid 1 does not do again.
    private static readonly StepKind[] s_before = [StepKind.Identity, StepKind.Root, StepKind.Pivot];

    /// <summary>Makes it.</summary>
    /// <param name="plan">The job's.</param>
    /// <param name="entry">What is to run.</param>
    /// <param name="isProxied">The job was told of a proxy.</param>
    /// <exception cref="SandboxException">The job has no such ids.</exception>
    public static SandboxPlan Of(SandboxPlan plan, SandboxEntry entry, bool isProxied)
    {
        var steps = plan.Steps.Where(static step => s_before.Contains(step.Fields.Kind) || (step.Phase >= PlanPhase.Session && step is not OpenStep)).Select(step => step switch
        {
            CgroupStep groups => groups with { FirstDescriptor = 0 },
            SessionStep => new SessionStep(entry.Terminal ? new TerminalSize((ushort)entry.Rows, (ushort)entry.Columns) : null),
            WorkingDirectoryStep directory => entry.WorkingDirectory is { } other ? new WorkingDirectoryStep(other) : directory,
            CredentialsStep own => Ids(own, plan, entry),
            ExecStep exec => new ExecStep(entry.Command, Environment([.. exec.Environment, .. isProxied ? exec.ProxyEnvironment : []], entry.Env)),
            _ => step,
        });
        return plan with { Steps = [.. steps], ExtraFiles = [], WallTime = null, SkippedMounts = [] };
    }

    private static CredentialsStep Ids(CredentialsStep own, SandboxPlan plan, SandboxEntry entry)
    {
        var ids = plan.Steps.OfType<IdentityStep>().Single().SubIds;
        var asked = own with { Uid = entry.Uid ?? own.Uid, Gid = entry.Gid ?? own.Gid };
        return (asked.Uid == own.Uid || asked.Uid <= ids?.Uids) && (asked.Gid == own.Gid || asked.Gid <= ids?.Gids)
            ? asked
            : throw new SandboxException(ids is null
                ? $"the job has the ids {own.Uid}:{own.Gid} and no others; with \"subids\" it would"
                : $"the job has the user ids 0 to {ids.Uids} and the group ids 0 to {ids.Gids}") { Operation = Operation.EnterJob };
    }

    // The job's, and what was given for this command; of the caller's nothing.
    private static List<string> Environment(IReadOnlyList<string> job, IReadOnlyDictionary<string, string> given) =>
    [
        .. job.Where(variable => !given.ContainsKey(variable.Split('=')[0])),
        .. given.Select(static variable => $"{variable.Key}={variable.Value}"),
    ];
}
