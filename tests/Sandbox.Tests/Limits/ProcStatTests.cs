using System.Text;
using Sandbox.Resources.Limits;
using Xunit;

namespace Sandbox.Tests.Limits;

public sealed class ProcStatTests
{
    [Theory]
    [InlineData("sh")]
    [InlineData("a b")]
    [InlineData(") R 1 1 1 1 1 1 1")]
    [InlineData("((((")]
    [InlineData("x\n7 (y) S 9")]
    [InlineData("")]
    public void The_name_a_job_gives_itself_moves_no_column(string name)
    {
        var line = $"42 ({name}) S 1 42 42 0 -1 4194304 100 200 6 4 11 22 33 44 20 0 5 0 777 5000000 300 18446744073709551615 1 1 0\n";

        Assert.True(ProcStat.TryParse(Encoding.UTF8.GetBytes(line), out var stat));

        Assert.Equal((33, 77, 5, 777), (stat.OwnTicks, stat.ReapedTicks, stat.Threads, stat.StartTime));
        Assert.Equal((310, 204), (stat.Faults, stat.ReapedFaults));
    }

    [Theory]
    [InlineData(4194304 | 0x40, true)]
    [InlineData(4194304, false)]
    public void Whether_it_has_executed_is_one_of_the_flags(int flags, bool hasNot)
    {
        Assert.True(ProcStat.TryParse(Encoding.UTF8.GetBytes($"42 (x) S 1 42 42 0 -1 {flags} 100 200 0 0 11 22 33 44 20 0 5 0 777\n"), out var stat));

        Assert.Equal(hasNot, stat.HasNotExecuted);
    }

    [Theory]
    [InlineData('R', false)]
    [InlineData('D', false)]
    [InlineData('Z', true)]
    [InlineData('X', true)]
    public void What_has_ended_is_told_by_its_state(char state, bool hasEnded)
    {
        Assert.True(ProcStat.TryParse(Encoding.UTF8.GetBytes($"42 (Z) {state} 1 42 42 0 -1 64 100 200 0 0 11 22 33 44 20 0 5 0 777\n"), out var stat));

        Assert.Equal(hasEnded, stat.HasEnded);
    }

    [Theory]
    [InlineData("")]
    [InlineData("42 (sh")]
    [InlineData("42 (sh) S 1 42 42")]
    [InlineData("42 (sh) S 1 42 42 0 -1 4194304 100 200 0 0 x 22 33 44 20 0 5 0 777")]
    public void A_line_cut_short_or_garbled_is_refused(string line) =>
        Assert.False(ProcStat.TryParse(Encoding.UTF8.GetBytes(line), out _));

    [Fact]
    public void The_kernels_own_line_is_read()
    {
        Assert.True(ProcStat.TryParse(File.ReadAllBytes("/proc/self/stat"), out var stat));

        Assert.InRange(stat.Threads, 1, 10_000);
        Assert.True(stat.StartTime > 0);
    }
}
