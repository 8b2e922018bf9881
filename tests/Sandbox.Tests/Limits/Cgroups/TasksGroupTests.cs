using Sandbox.Resources.Limits.Cgroups;
using Xunit;

namespace Sandbox.Tests.Limits.Cgroups;

public sealed class TasksGroupTests : IDisposable
{
    private readonly FakeCgroup _group = new();

    public void Dispose() => _group.Dispose();

    [Fact]
    public void The_limit_is_set_and_read_back()
    {
        using var tasks = new TasksGroup(_group.Write("pids.max", "").Group);

        tasks.Limit(64);

        Assert.Equal(("64", 64), (_group.Read("pids.max"), tasks.EffectiveTasks));
    }

    [Theory]
    [InlineData(4194304)]
    [InlineData(4194305)]
    [InlineData(int.MaxValue)]
    public void No_more_is_asked_for_than_any_kernel_takes(int tasks)
    {
        using var group = new TasksGroup(_group.Write("pids.max", "").Group);

        group.Limit(tasks);

        Assert.Equal(("4194304", 4194304), (_group.Read("pids.max"), group.EffectiveTasks));
    }

    [Theory]
    [InlineData("pids.events")]
    [InlineData("pids.current")]
    public void A_group_whose_files_cannot_be_read_any_more_is_lost(string file)
    {
        _group.Lose(file);
        using var tasks = new TasksGroup(_group.Group);
        Assert.False(tasks.IsLost);

        tasks.Look();

        Assert.True(tasks.IsLost);
    }

    [Fact]
    public void A_lifted_limit_writes_nothing()
    {
        using var tasks = new TasksGroup(_group.Write("pids.max", "").Group);

        tasks.Limit(null);

        Assert.Equal(("", null), (_group.Read("pids.max"), tasks.EffectiveTasks));
    }

    [Fact]
    public void A_refusal_points_to_its_origin()
    {
        using var tasks = new TasksGroup(_group.Group);

        var refused = Assert.Throws<SandboxException>(() => tasks.Limit(64));

        Assert.Equal(("/limits/processes", "ENOENT"), (refused.Pointer, refused.Errno));
    }

    [Fact]
    public void A_peak_and_refusals_that_the_kernel_counts_are_taken_from_it()
    {
        _group.Write("pids.events", "max 3\n").Write("pids.peak", "9\n").Write("pids.current", "20\n");
        using var tasks = new TasksGroup(_group.Group);

        tasks.Look();

        Assert.Equal((3L, 9, false), (tasks.Refused, tasks.Peak, tasks.IsSampled));
    }

    [Fact]
    public void A_peak_that_the_kernel_does_not_count_is_the_largest_seen()
    {
        using var tasks = new TasksGroup(_group.Write("pids.current", "9\n").Group);
        tasks.Look();
        _group.Write("pids.current", "2\n");

        tasks.Look();

        Assert.Equal((9, true), (tasks.Peak, tasks.IsSampled));
    }
}
