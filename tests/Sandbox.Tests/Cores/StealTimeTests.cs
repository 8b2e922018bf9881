using Sandbox.Host;
using Sandbox.Resources.Cores;
using Xunit;

namespace Sandbox.Tests.Cores;

public sealed class StealTimeTests
{
    private const string Stat = """
        cpu  61111 5430 15072 109783 1901 0 293 1449 0 0
        cpu0 29519 2077 6867 58098 182 0 69 7 0 0
        cpu1 31592 3353 8204 51684 1718 0 224 11 5 6
        cpu10 1 2 3 4 5 6 7 100 9 10
        intr 100 0 0
        cpuX 1 2 3 4 5 6 7 8 9 10
        """;

    [Theory]
    [InlineData("0", 70)]
    [InlineData("1", 110)]
    [InlineData("0-1", 180)]
    [InlineData("0,10", 1070)]
    public void The_steal_of_the_given_cpus_only_is_counted(string cpus, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), StealTime.Of(Stat, FakeCpus.Set(cpus)));

    [Theory]
    [InlineData(Stat, "2")]
    [InlineData(Stat, "0-2")]
    [InlineData("", "0")]
    [InlineData("cpu0 1 2 3 4", "0")]
    public void Steal_that_is_not_shown_for_every_cpu_is_not_known(string stat, string cpus) =>
        Assert.Null(StealTime.Of(stat, FakeCpus.Set(cpus)));

    [Fact]
    public void This_host_tells_the_steal_of_the_cpus_this_process_may_use()
    {
        var steal = StealTime.Of(new HostFiles().Text("/proc/stat"), CpuTopology.OfThisProcess().Usable);

        Assert.True(steal >= TimeSpan.Zero);
    }
}
