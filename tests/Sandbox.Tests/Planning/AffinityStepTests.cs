using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Planning.Steps;
using Xunit;

namespace Sandbox.Tests.Planning;

public sealed class AffinityStepTests
{
    private const string Job = """{ "command": ["true"], "cpuset": "0,3" }""";

    [Fact]
    public void The_processors_travel_as_a_mask_in_whole_words()
    {
        var wire = new WirePlan(PlanWriter.Write(Plans.Of(Job)));

        var step = Enumerable.Range(0, wire.StepCount).Single(index => wire.Kind(index) == (ushort)StepKind.Affinity);

        Assert.Equal([0b1001, 0, 0, 0, 0, 0, 0, 0], wire.Blob(wire.Value(step, 0), wire.Value(step, 1)));
    }

    [Fact]
    public void A_processor_beyond_the_first_word_makes_a_longer_mask()
    {
        var step = Assert.Single(Plans.Of("""{ "command": ["true"], "cpuset": "64" }""").Steps.OfType<AffinityStep>());

        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], step.Mask.ToArray());
    }

    [Fact]
    public void The_jobs_own_choice_names_its_origin()
    {
        var step = Assert.Single(Plans.Of(Job).Steps.OfType<AffinityStep>());

        Assert.Equal(("run on the processors 0,3", "/cpuset"), (step.Describe(), step.Origin));
    }

    [Fact]
    public void Leased_processors_win_over_the_jobs_choice()
    {
        var step = Assert.Single(Plans.Of(Job, Plans.Context() with { LeasedCpus = CpuSet.Of(1) }).Steps.OfType<AffinityStep>());

        Assert.Equal("1", step.Cpus);
    }

    [Fact]
    public void Leased_processors_are_nobodys_wish()
    {
        var plan = Plans.Of("""{ "command": ["true"] }""", Plans.Context() with { LeasedCpus = CpuSet.Of(0, 1) });

        var step = Assert.Single(plan.Steps.OfType<AffinityStep>());

        Assert.Equal(("0-1", ""), (step.Cpus, step.Origin));
    }

    [Fact]
    public void Without_a_choice_there_is_no_such_step() =>
        Assert.Empty(Plans.Of("""{ "command": ["true"] }""").Steps.OfType<AffinityStep>());
}
