using Sandbox.Jobs;
using Xunit;

namespace Sandbox.Tests.Cli.Run;

public sealed class LimitOptionsTests
{
    [Fact]
    public void Every_limit_can_be_set()
    {
        var job = Request.Job(
            "-m=1g", "--memory-high=512MiB", "--cpus=1.5", "--pids-limit=7", "--cpu-time=2s", "--wall-time=1500ms", "--idle-time=1m", "--output=1MB",
            "--file-size=5", "--open-files=16", "--stack=8m", "--address-space=1g", "--data-segment=1m", "--disk=64k", "--collect-limit=3m", "--connections=9", "--connections-total=99", "--traffic=1g", "--traffic-rate=1m", "--io-read=1m", "--io-write=2m",
            "--cpuset-cpus=0-1", "--on-output-limit=truncate", "--require=memory,cpuTime", "--require=cpuset");

        Assert.Equal(
            new ResourceLimits
            {
                MemoryBytes = 1 << 30,
                MemoryHighBytes = 512 << 20,
                Cpus = 1.5,
                Processes = 7,
                CpuTime = TimeSpan.FromSeconds(2),
                WallTime = TimeSpan.FromMilliseconds(1500),
                IdleTime = TimeSpan.FromMinutes(1),
                OutputBytes = 1_000_000,
                FileSizeBytes = 5,
                OpenFiles = 16,
                StackBytes = 8 << 20,
                AddressSpaceBytes = 1 << 30,
                DataSegmentBytes = 1 << 20,
                DiskBytes = 64 << 10,
                CollectBytes = 3 << 20,
                Connections = 9,
                ConnectionsTotal = 99,
                TrafficBytes = 1 << 30,
                TrafficRateBytes = 1 << 20,
                IoReadBytes = 1 << 20,
                IoWriteBytes = 2 << 20,
            },
            job.Limits);
        Assert.Equal(("0-1", OutputLimitAction.Truncate), (job.Cpuset, job.OnOutputLimit));
        Assert.Equal([RequiredLimit.Memory, RequiredLimit.CpuTime, RequiredLimit.Cpuset], job.Require);
    }

    [Fact]
    public void Every_limit_can_be_lifted()
    {
        var limits = Request.Job([.. LimitTable.All.Select(limit => $"--{limit.Option}=none")]).Limits;

        Assert.All(LimitTable.All, limit => Assert.False(limit.IsSet(limits), limit.Name));
        Assert.All(typeof(ResourceLimits).GetProperties(), limit => Assert.True(limit.GetValue(limits) is null or ResourceLimits.Unlimited, limit.Name));
    }

    [Theory]
    [InlineData("--stack=none")]
    [InlineData("--ulimit=stack=-1")]
    [InlineData("--ulimit=stack=unlimited")]
    public void A_lifted_stack_is_another_than_the_hosts(string option) =>
        Assert.Equal(ResourceLimits.Unlimited, Request.Job(option).Limits.StackBytes);

    [Theory]
    [InlineData("1", 1L)]
    [InlineData("1b", 1L)]
    [InlineData("1k", 1L << 10)]
    [InlineData("1K", 1L << 10)]
    [InlineData("256m", 256L << 20)]
    [InlineData("256M", 256L << 20)]
    [InlineData("1.5g", 3L << 29)]
    [InlineData("2T", 2L << 40)]
    [InlineData("64MiB", 64L << 20)]
    [InlineData("64MB", 64_000_000L)]
    [InlineData("1kB", 1000L)]
    public void A_size_is_dockers_or_the_job_files(string size, long bytes) =>
        Assert.Equal(bytes, Request.Job("--disk", size).Limits.DiskBytes);

    [Theory]
    [InlineData("--memory=", "must be a size")]
    [InlineData("--memory=m", "must be a size")]
    [InlineData("--memory=-1", "must not be negative")]
    [InlineData("--memory=0", "--memory 0: must be at least 256KiB: no program starts with less; \"none\" lifts the limit")]
    [InlineData("--memory=1mb", "unknown unit \"mb\"")]
    [InlineData("--memory=1x", "unknown unit \"x\"")]
    [InlineData("--memory=99999999999999999999", "is too large")]
    [InlineData("--memory=0.3k", "is not a whole number of bytes")]
    [InlineData("--wall-time=5", "the unit is missing")]
    [InlineData("--wall-time=5S", "did you mean 5s?")]
    [InlineData("--wall-time=0s", "must be more than nothing")]
    [InlineData("--cpus=many", "must be a number such as 1.5, or none")]
    [InlineData("--cpus=0", "--cpus 0: must be from 0.01 to 4096")]
    [InlineData("--cpus=1,5", "must be a number such as 1.5, or none")]
    [InlineData("--cpuset-cpus=1-", "--cpuset-cpus 1-: ")]
    [InlineData("--pids-limit=0", "must be at least 1")]
    [InlineData("--pids-limit=-2", "must be a whole number, or none")]
    [InlineData("--pids-limit=99999999999", "is too large")]
    [InlineData("--open-files=3", "must be at least 4")]
    [InlineData("--on-output-limit=stop", "must be kill or truncate")]
    [InlineData("--require=memroy", "did you mean \"memory\"?")]
    [InlineData("--require=cpus", "--require cpus: requires a limit that is not set: \"cpus\"")]
    public void A_limit_that_is_wrong_says_why(string option, string problem) =>
        Assert.Contains(problem, Request.Problems(option), StringComparison.Ordinal);

    [Fact]
    public void The_last_of_two_values_counts() =>
        Assert.Equal(2 << 20, Request.Job("-m", "1m", "--memory=2m").Limits.MemoryBytes);

    [Fact]
    public void Dockers_word_for_no_limit_of_processes_is_known() =>
        Assert.Null(Request.Job("--pids-limit", "-1").Limits.Processes);

    [Fact]
    public void A_ulimit_is_the_limit_of_the_same_meaning()
    {
        var limits = Request.Job("--ulimit", "nofile=64:64,nproc=9", "--ulimit=fsize=1024", "--ulimit=stack=1048576", "--ulimit=cpu=3,core=0", "--ulimit=as=2097152,data=3145728").Limits;

        Assert.Equal((64, 9, 1024, 1 << 20), (limits.OpenFiles, limits.Processes, limits.FileSizeBytes, limits.StackBytes));
        Assert.Equal((2 << 20, 3 << 20), (limits.AddressSpaceBytes, limits.DataSegmentBytes));
        Assert.Equal(TimeSpan.FromSeconds(3), limits.CpuTime);
        Assert.Null(Request.Job("--ulimit", "nofile=-1").Limits.OpenFiles);
        Assert.Empty(Request.Job("--ulimit", "nofile=64:64,memlock=-1").Rlimits);
    }

    [Theory]
    [InlineData("--cpu-weight=50", 50)]
    [InlineData("--cpu-shares=512", 50)]
    [InlineData("-c1024", 100)]
    [InlineData("-c2", 1)]
    [InlineData("--cpu-shares=262144", 10_000)]
    public void A_share_of_the_processors_is_a_weight(string option, int weight) => Assert.Equal(weight, Request.Job(option, "--rm").Limits.CpuWeight);

    [Fact]
    public void A_soft_ulimit_is_below_the_limit()
    {
        var job = Request.Job("--ulimit=nofile=256:1024,memlock=4096:8192", "--ulimit=sigpending=10");

        Assert.Equal(1024, job.Limits.OpenFiles);
        Assert.Equal(new() { ["nofile"] = new() { Soft = 256 }, ["memlock"] = new() { Soft = 4096, Hard = 8192 }, ["sigpending"] = new() { Soft = 10, Hard = 10 } }, new Dictionary<string, RlimitRange>(job.Rlimits));
    }

    [Theory]
    [InlineData("nofile", "nofile needs a value: nofile=NUMBER")]
    [InlineData("rss=1", "\"rss\" must be nofile, nproc, fsize, stack, as, data, cpu, core, memlock, msgqueue or sigpending")]
    [InlineData("fsize=1:2", "fsize must have one value: the soft limit is the hard one here")]
    [InlineData("nofile=9:4", "the soft limit must not be above the hard one, 4")]
    [InlineData("nofile=x", "nofile must be a whole number, or -1 for none")]
    [InlineData("nofile=99999999999", "nofile is too large")]
    [InlineData("cpu=999999999999999", "cpu is too large")]
    [InlineData("core=1", "core must be 0: a job never writes core dumps")]
    [InlineData("core=-1", "core must be 0: a job never writes core dumps")]
    [InlineData("nofile=1,,", "\"\" must be nofile, nproc, fsize, stack, as, data, cpu, core, memlock, msgqueue or sigpending")]
    public void A_ulimit_that_is_wrong_says_why(string value, string problem) =>
        Assert.Equal($"--ulimit {value}: {problem}", Request.Problems("--ulimit", value).Split(';')[0]);
}
