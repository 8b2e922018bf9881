using Sandbox.Jobs;
using Sandbox.Resources;
using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Planning.Steps;
using Xunit;

namespace Sandbox.Tests.Planning;

public sealed class SessionStepTests
{
    private const string Job = """{ "command": ["true"], "terminal": true }""";

    [Fact]
    public void A_terminal_travels_as_a_flag_and_its_size()
    {
        var context = Plans.Context() with { Terminal = new(50, 132) };
        var wire = new WirePlan(PlanWriter.Write(Plans.Of(Job, context)));

        var step = Enumerable.Range(0, wire.StepCount).Single(index => wire.Kind(index) == (ushort)StepKind.Session);

        Assert.Equal((1u << 7, 50ul, 132ul), (wire.StepFlags(step), wire.Value(step, 0), wire.Value(step, 1)));
    }

    [Fact]
    public void Of_a_job_that_nobody_looks_at_the_size_is_the_usual_one()
    {
        var step = Assert.Single(Plans.Of(Job).Steps.OfType<SessionStep>());

        Assert.Equal(new TerminalSize(24, 80), step.Terminal);
        Assert.Equal("/terminal", step.Origin);
    }

    [Fact]
    public void Pipes_follow_whatever_else_comes_with_the_plan()
    {
        var spec = new JobSpec
        {
            Command = ["true"],
            Files = [new() { Path = "/work/a", Content = Content.File("/jobs/main.py") }],
            Descriptors = [new() { Number = 9, Pipe = "x" }, new() { Number = 3, Pipe = "y", Write = true }],
        };

        var plan = JobResources.Compile(JobValidator.ValidatePart(spec), Plans.Policy, Plans.Context());
        var step = Assert.Single(plan.Steps.OfType<SessionStep>());

        Assert.Equal((1, (1ul << 3) | (1ul << 9)), (step.Fields.Descriptor, step.Fields.Value2));
        Assert.Equal(3u, new WirePlan(PlanWriter.Write(plan)).ExtraDescriptors);
        Assert.Contains("pipes at 3, 9", step.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_terminal_the_step_is_as_it_was()
    {
        var context = Plans.Context() with { Terminal = new(50, 132) };

        var step = Assert.Single(Plans.Of("""{ "command": ["true"] }""", context).Steps.OfType<SessionStep>());

        Assert.Equal(new StepFields(StepKind.Session) { Value3 = 1000 }, step.Fields);
    }
}
