using Sandbox.Planning;
using Sandbox.Planning.Steps;
using Xunit;

namespace Sandbox.Tests.Planning;

public sealed class PlanOrderTests
{
    private static readonly SandboxPlan s_plan = Plans.Of("""{ "command": ["true"] }""");

    public static TheoryData<string> Walls() =>
    [
        nameof(StepKind.Identity), nameof(StepKind.Root), nameof(StepKind.Pivot), nameof(StepKind.SealRoot), nameof(StepKind.Session),
        nameof(StepKind.InnerUserns), nameof(StepKind.LockPrivilege), nameof(StepKind.Credentials), nameof(StepKind.DropCapabilities), nameof(StepKind.NoNewPrivs),
        nameof(StepKind.Seccomp), nameof(StepKind.Exec),
    ];

    [Fact]
    public void A_compiled_plan_is_in_order() => PlanOrder.Check(s_plan);

    [Theory]
    [MemberData(nameof(Walls))]
    public void A_plan_without_one_of_its_walls_is_refused(string wall)
    {
        var steps = s_plan.Steps.Where(step => step.Fields.Kind.ToString() != wall).ToArray();

        Assert.Throws<InvalidOperationException>(() => PlanOrder.Check(s_plan with { Steps = steps }));
    }

    [Theory]
    [MemberData(nameof(Walls))]
    public void A_step_in_an_earlier_phase_than_the_one_before_is_refused(string wall)
    {
        var steps = s_plan.Steps.ToList();
        var moved = steps.Single(step => step.Fields.Kind.ToString() == wall);
        steps.Remove(moved);
        steps.Insert(wall == nameof(StepKind.Identity) ? steps.Count : 0, moved);

        Assert.Throws<InvalidOperationException>(() => PlanOrder.Check(s_plan with { Steps = steps }));
    }

    [Fact]
    public void A_wall_that_comes_twice_is_refused()
    {
        var steps = s_plan.Steps.SelectMany(step => step is NoNewPrivsStep ? new[] { step, step } : [step]).ToArray();

        Assert.Throws<InvalidOperationException>(() => PlanOrder.Check(s_plan with { Steps = steps }));
    }

    [Fact]
    public void A_second_barrier_is_refused()
    {
        var barrier = new BarrierStep("");
        var steps = s_plan.Steps.ToList();
        var pivot = steps.FindIndex(step => step is PivotStep);
        steps.Insert(pivot, barrier);
        PlanOrder.Check(s_plan with { Steps = steps });
        steps.Insert(pivot, barrier);

        Assert.Throws<InvalidOperationException>(() => PlanOrder.Check(s_plan with { Steps = steps }));
    }

    [Fact]
    public void Capabilities_dropped_after_no_new_privs_are_refused()
    {
        var steps = s_plan.Steps.ToList();
        var drop = steps.FindIndex(step => step is DropCapabilitiesStep);
        (steps[drop], steps[drop + 1]) = (steps[drop + 1], steps[drop]);

        Assert.Throws<InvalidOperationException>(() => PlanOrder.Check(s_plan with { Steps = steps }));
    }
}
