using Xunit;

namespace Sandbox.Tests.Execution;

public sealed class OptionCheckTests
{
    [Fact]
    public void The_defaults_are_right() => Assert.Empty(SandboxRunner.Check(new()));

    [Fact]
    public void What_is_right_is_not_complained_of() =>
        Assert.Empty(SandboxRunner.Check(new() { Cgroup = "none", LauncherPath = "/bin/sh", Store = "/not/there/yet" }));

    [Fact]
    public void Every_problem_is_named_at_once()
    {
        var problems = SandboxRunner.Check(new()
        {
            Cgroup = "jobs:/no/such/directory",
            LeasedCpus = "3-1",
            Store = "store",
            LauncherPath = "/no/such/launcher",
            Launchers = 17,
            RootUidRangeStart = 0,
            RootUidRangeLength = 0,
        });

        Assert.Equal(
            ["Cgroup", "Cgroup", "LeasedCpus", "Store", "LauncherPath", "Launchers", "RootUidRangeStart", "RootUidRangeLength"],
            problems.Select(problem => problem.Split(':')[0]));
    }

    [Theory]
    [InlineData("LeasedCpus", "1023")]
    [InlineData("LeasedCpus", "")]
    [InlineData("Cgroup", "")]
    public void What_cannot_be_meant_is_named(string option, string value)
    {
        var options = option == "Cgroup" ? new SandboxOptions { Cgroup = value } : new SandboxOptions { LeasedCpus = value };

        Assert.StartsWith(option, Assert.Single(SandboxRunner.Check(options)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_ids_after_the_range_must_be_there_too()
    {
        Assert.Empty(SandboxRunner.Check(new() { RootUidRangeStart = uint.MaxValue - 65535 - 10, RootUidRangeLength = 10 }));
        Assert.Single(SandboxRunner.Check(new() { RootUidRangeStart = uint.MaxValue - 65535 - 9, RootUidRangeLength = 10 }));
    }
}
