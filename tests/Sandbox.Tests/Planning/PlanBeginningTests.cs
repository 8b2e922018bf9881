using System.Text;
using Sandbox.Planning;
using Xunit;

namespace Sandbox.Tests.Planning;

public sealed class PlanBeginningTests
{
    private const string Plain = """{ "command": ["true"] }""";

    [Fact]
    public void It_has_the_steps_before_the_first_that_is_of_a_job()
    {
        var plan = Plans.Of(Plain);

        var beginning = new WirePlan(PlanBeginning.Of(plan)!);

        var last = beginning.StepCount - 1;
        Assert.Equal((ushort)StepKind.Pivot, beginning.Kind(last));
        Assert.Equal(plan.Steps.Take(last).Select(step => (ushort)step.Fields.Kind), Enumerable.Range(0, last).Select(beginning.Kind));
        Assert.Equal(StepKind.File, plan.Steps[last].Fields.Kind);
        Assert.Equal(0u, beginning.ExtraDescriptors);
    }

    [Theory]
    [InlineData("""{ "command": ["other", "words"], "env": { "A": "b" }, "limits": { "wallTime": "3s", "memory": "1MiB" }, "outputs": [{ "path": "/work/x", "to": "x" }] }""")]
    [InlineData("""{ "command": ["true"], "stdin": { "text": "c" }, "hostname": "a-host", "user": { "uid": 7, "gid": 8 } }""")]
    public void It_is_the_same_for_jobs_that_begin_alike(string other) => Assert.Equal(PlanBeginning.Of(Plans.Of(Plain)), PlanBeginning.Of(Plans.Of(other)));

    [Fact]
    public void An_empty_tmpfs_is_in_it()
    {
        var beginning = new WirePlan(PlanBeginning.Of(Plans.Of("""{ "command": ["true"], "mounts": [{ "type": "tmpfs", "target": "/sized", "size": "1MiB" }] }"""))!);

        Assert.Contains((ushort)StepKind.Tmpfs, Enumerable.Range(0, beginning.StepCount).Select(beginning.Kind));
    }

    [Fact]
    public void No_path_of_a_user_is_in_it()
    {
        var plan = Plans.Of("""{ "command": ["true"], "mounts": [{ "type": "bind", "source": "data", "target": "/data" }, { "type": "tmpfs", "target": "/scratch" }] }""");

        var text = Encoding.UTF8.GetString(new WirePlan(PlanBeginning.Of(plan)!).Text);

        Assert.Contains("/usr", text, StringComparison.Ordinal);
        Assert.DoesNotContain("data", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "command": ["true"], "isolation": "strict" }""")]
    [InlineData("""{ "command": ["true"], "network": "host" }""")]
    public void There_is_none_of_a_job_for_which_nothing_is_made_ahead(string job) => Assert.Null(PlanBeginning.Of(Plans.Of(job)));

    [Fact]
    public void There_is_none_where_the_launcher_maps_other_ids() => Assert.Null(PlanBeginning.Of(Plans.Of(Plain, Plans.Context() with { ForeignIds = true })));
}
