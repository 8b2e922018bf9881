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
    public void Without_a_terminal_the_step_is_as_it_was()
    {
        var context = Plans.Context() with { Terminal = new(50, 132) };

        var step = Assert.Single(Plans.Of("""{ "command": ["true"] }""", context).Steps.OfType<SessionStep>());

        Assert.Equal(new StepFields(StepKind.Session), step.Fields);
    }
}
