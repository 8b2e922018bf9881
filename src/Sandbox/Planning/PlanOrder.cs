using Sandbox.Planning.Steps;

namespace Sandbox.Planning;

/// <summary>
/// The order every plan has, stated without looking at the compiler; native/launcher/plan.c states it a
/// third time. A plan that breaks it would run a job with a wall missing.
/// </summary>
internal static class PlanOrder
{
    private static readonly StepKind[] s_indispensable =
    [
        StepKind.Identity,
        StepKind.Root,
        StepKind.Pivot,
        StepKind.Cgroup,
        StepKind.Session,
        StepKind.InnerUserns,
        StepKind.LockPrivilege,
        StepKind.Credentials,
        StepKind.DropCapabilities,
        StepKind.NoNewPrivs,
        StepKind.Seccomp,
        StepKind.Exec,
    ];

    /// <summary>Throws <see cref="InvalidOperationException"/> with the first rule that is broken.</summary>
    public static void Check(SandboxPlan plan)
    {
        CheckPhases(plan.Steps);
        CheckIndispensable(plan.Steps);
        CheckSeal(plan.Steps);
        CheckBarrier(plan.Steps);
    }

    private static void CheckPhases(IReadOnlyList<PlanStep> steps)
    {
        for (var index = 1; index < steps.Count; index++)
        {
            if (steps[index].Phase < steps[index - 1].Phase)
            {
                throw Broken($"step {index + 1} ({steps[index].Name}) belongs before step {index} ({steps[index - 1].Name})");
            }
        }
    }

    // Each exactly once, in this order, the last one at the end.
    private static void CheckIndispensable(IReadOnlyList<PlanStep> steps)
    {
        var next = 0;
        foreach (var step in steps)
        {
            var position = Array.IndexOf(s_indispensable, step.Fields.Kind);
            if (position < 0)
            {
                continue;
            }

            if (position != next)
            {
                throw Broken(position < next
                    ? $"{step.Name} comes twice or too late"
                    : $"{s_indispensable[next]} is missing before {step.Name}");
            }

            next++;
        }

        if (next != s_indispensable.Length)
        {
            throw Broken($"{s_indispensable[next]} is missing");
        }

        if (steps[^1] is not ExecStep)
        {
            throw Broken("something follows exec");
        }
    }

    // The root may be writable for the launcher only: nothing can be made in it once the job sees it.
    private static void CheckSeal(IReadOnlyList<PlanStep> steps)
    {
        foreach (var step in steps)
        {
            if (step is SealRootStep)
            {
                return;
            }
        }

        throw Broken("the root is not sealed");
    }

    // The host's answer does not say which of them it is for.
    private static void CheckBarrier(IReadOnlyList<PlanStep> steps)
    {
        if (steps.Count(step => step is BarrierStep) > 1)
        {
            throw Broken("there are two barriers");
        }
    }

    private static InvalidOperationException Broken(string rule) => new("the plan is out of order: " + rule);
}
