using Sandbox.Jobs;
using Sandbox.Planning;
using Sandbox.Planning.Steps;
using Sandbox.Resources;
using Xunit;

namespace Sandbox.Tests.Planning;

public sealed class BarrierStepTests
{
    private static readonly JobSpec s_job = new() { Command = ["true"] };

    [Fact]
    public void Resources_that_need_the_host_share_one_barrier_right_before_the_pivot()
    {
        var steps = Compile("/network", "/mounts/0").Steps.ToList();

        var barrier = Assert.Single(steps.OfType<BarrierStep>());
        Assert.Equal("/network", barrier.Origin);
        Assert.Equal(steps.FindIndex(step => step is PivotStep) - 1, steps.IndexOf(barrier));
    }

    [Fact]
    public void The_barrier_is_nothing_but_its_kind_on_the_wire()
    {
        var plan = Compile("/network");
        var wire = new WirePlan(PlanWriter.Write(plan));

        var step = Enumerable.Range(0, wire.StepCount).Single(index => wire.Kind(index) == (ushort)StepKind.Barrier);

        Assert.Equal((ushort)PlanPhase.Files, wire.Phase(step));
        Assert.Equal((0u, "", "", -1), (wire.StepFlags(step), wire.A(step), wire.B(step), wire.Descriptor(step)));
    }

    [Fact]
    public void Without_such_a_resource_there_is_none() => Assert.DoesNotContain(Compile().Steps, step => step is BarrierStep);

    private static SandboxPlan Compile(params string[] asking) =>
        Plans.Of(s_job, Plans.Context() with { Given = [.. asking.Select(origin => new BarrierStep(origin))] });
}
