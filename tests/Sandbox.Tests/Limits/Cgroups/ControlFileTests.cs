using System.Diagnostics;
using System.Text;
using Sandbox.Resources.Limits.Cgroups;
using Xunit;

namespace Sandbox.Tests.Limits.Cgroups;

public sealed class ControlFileTests : IDisposable
{
    private readonly FakeCgroup _group = new();

    public void Dispose() => _group.Dispose();

    [Theory]
    [InlineData("oom 1\noom_kill 2\noom_group_kill 3\n", "oom", 1)]
    [InlineData("oom 1\noom_kill 2\noom_group_kill 3\n", "oom_kill", 2)]
    [InlineData("oom_kill_disable 7\nunder_oom 0\noom_kill 2\n", "oom_kill", 2)]
    [InlineData("oom_kill 2", "oom_kill", 2)]
    [InlineData("under_oom 5\n", "oom", 0)]
    [InlineData("max\n", "max", 0)]
    [InlineData("oom x\n", "oom", 0)]
    [InlineData("", "oom", 0)]
    public void A_key_is_a_whole_word_at_the_beginning_of_a_line(string text, string key, long value) =>
        Assert.Equal(value, ControlFile.ValueIn(Encoding.ASCII.GetBytes(text), Encoding.ASCII.GetBytes(key)));

    [Fact]
    public void An_open_file_shows_what_is_in_it_now()
    {
        _group.Write("pids.current", "12\n");
        using var file = ControlFile.Open(_group.Group, "pids.current");
        Assert.Equal(12, file!.Number());

        _group.Write("pids.current", "7\n");

        Assert.Equal(7, file.Number());
    }

    [Fact]
    public void A_file_that_can_no_longer_be_read_is_lost_and_empty()
    {
        using var owner = Process.Start("sleep", "60");
        _group.Link("pids.current", $"/proc/{owner.Id}/oom_score_adj");
        using var file = ControlFile.Open(_group.Group, "pids.current");
        Assert.Equal((false, false), (file!.Text().IsEmpty, file.IsLost));

        owner.Kill();
        owner.WaitForExit();

        Assert.Equal((0L, true), (file.Number(), file.IsLost));
    }

    [Fact]
    public void A_file_that_nobody_has_read_is_not_lost()
    {
        _group.Lose("pids.current");

        using var file = ControlFile.Open(_group.Group, "pids.current");

        Assert.False(file!.IsLost);
    }

    [Fact]
    public void A_file_that_is_not_there_is_none() => Assert.Null(ControlFile.Open(_group.Group, "memory.peak"));
}
