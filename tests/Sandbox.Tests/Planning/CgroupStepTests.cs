using Sandbox.Planning;
using Sandbox.Planning.Steps;
using Xunit;

namespace Sandbox.Tests.Planning;

public sealed class CgroupStepTests
{
    private static readonly CgroupPlacement s_into = new() { Into = "/sys/fs/cgroup/jobs/a" };
    private static readonly CgroupPlacement s_joins = new() { Joins = ["/v1/memory/a", "/v1/pids/a"] };
    private static readonly CgroupPlacement s_both = s_joins with { Into = "/unified/a" };

    [Fact]
    public void Without_groups_no_descriptor_is_named()
    {
        var fields = new CgroupStep(CgroupPlacement.None, 2).Fields;

        Assert.Equal((StepKind.Cgroup, -1, 0ul, 0ul), (fields.Kind, fields.Descriptor, fields.Value0, fields.Value1));
        Assert.Equal(0, CgroupPlacement.None.Descriptors);
    }

    [Theory]
    [InlineData(0, 1ul)]
    [InlineData(2, 3ul)]
    public void A_directory_to_be_cloned_into_is_named_by_one_more_than_its_descriptor(int first, ulong expected)
    {
        var fields = new CgroupStep(s_into, first).Fields;

        Assert.Equal((-1, 0ul, expected), (fields.Descriptor, fields.Value0, fields.Value1));
        Assert.Equal(1, s_into.Descriptors);
    }

    [Fact]
    public void Files_to_join_by_are_named_by_the_first_and_their_number()
    {
        var fields = new CgroupStep(s_joins, 2).Fields;

        Assert.Equal((2, 2ul, 0ul), (fields.Descriptor, fields.Value0, fields.Value1));
        Assert.Equal(2, s_joins.Descriptors);
    }

    [Fact]
    public void The_directory_follows_the_files()
    {
        var fields = new CgroupStep(s_both, 2).Fields;

        Assert.Equal((2, 2ul, 5ul), (fields.Descriptor, fields.Value0, fields.Value1));
        Assert.Equal(3, s_both.Descriptors);
    }

    [Fact]
    public void The_words_name_every_group()
    {
        Assert.Equal("enter a cgroup namespace", new CgroupStep(CgroupPlacement.None, 0).Describe());
        Assert.Equal("start in the control group /unified/a, /v1/memory/a, /v1/pids/a, in a cgroup namespace", new CgroupStep(s_both, 0).Describe());
    }

    [Fact]
    public void The_path_to_blame_is_the_directory_or_the_first_join()
    {
        Assert.Equal("/unified/a", new CgroupStep(s_both, 0).Path);
        Assert.Equal("/v1/memory/a", new CgroupStep(s_joins, 0).Path);
        Assert.Null(new CgroupStep(CgroupPlacement.None, 0).Path);
    }

    [Fact]
    public void In_a_plan_the_groups_come_after_the_files_of_the_job()
    {
        var plan = Plans.Of(
            """{ "command": ["true"], "files": { "/work/a": { "from": "main.py" }, "/work/b": { "from": "program" } } }""",
            Plans.Context() with { Cgroup = s_both });
        var wire = new WirePlan(PlanWriter.Write(plan));

        var step = Enumerable.Range(0, wire.StepCount).Single(index => wire.Kind(index) == (ushort)StepKind.Cgroup);

        Assert.Equal((2, 2ul, 5ul), (wire.Descriptor(step), wire.Value(step, 0), wire.Value(step, 1)));
        Assert.Equal(5u, wire.ExtraDescriptors);
    }

    [Fact]
    public void Every_plan_enters_a_cgroup_namespace_before_its_session()
    {
        var kinds = Plans.Of("""{ "command": ["true"] }""").Steps.Select(step => step.Fields.Kind).ToList();

        Assert.Equal(kinds.IndexOf(StepKind.Session) - 1, kinds.IndexOf(StepKind.Cgroup));
    }
}
