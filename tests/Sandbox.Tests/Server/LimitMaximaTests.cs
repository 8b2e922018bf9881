using Sandbox.Server.Trust;
using Xunit;

namespace Sandbox.Tests.Server;

public sealed class LimitMaximaTests
{
    private static readonly ResourceLimits s_maximum = new() { WallTime = TimeSpan.FromSeconds(30), MemoryBytes = 1 << 30, CpuTime = TimeSpan.FromSeconds(20), StackBytes = 8 << 20, Cpus = 1 };

    [Fact]
    public void What_is_above_a_maximum_becomes_it_and_is_said()
    {
        var (job, changed) = LimitMaxima.Apply(Job(new() { WallTime = TimeSpan.FromHours(1), MemoryBytes = 1L << 40, CpuTime = TimeSpan.FromSeconds(1), StackBytes = 1 << 20, Cpus = 0.5 }), s_maximum);

        Assert.Equal((s_maximum.WallTime, s_maximum.MemoryBytes, TimeSpan.FromSeconds(1)), (job.Limits.WallTime, job.Limits.MemoryBytes, job.Limits.CpuTime));
        Assert.Equal(["memory=1 GiB", "wallTime=30 s"], changed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void No_limit_means_the_maximum()
    {
        var (job, _) = LimitMaxima.Apply(Job(new() { WallTime = null, MemoryBytes = null, CpuTime = null, StackBytes = ResourceLimits.Unlimited, Cpus = null }), s_maximum);

        Assert.Equal((s_maximum.WallTime, s_maximum.MemoryBytes, s_maximum.CpuTime, s_maximum.StackBytes, s_maximum.Cpus),
            (job.Limits.WallTime, job.Limits.MemoryBytes, job.Limits.CpuTime, job.Limits.StackBytes, job.Limits.Cpus));
    }

    [Fact]
    public void What_is_within_stays()
    {
        var limits = new ResourceLimits { WallTime = TimeSpan.FromSeconds(1), CpuTime = TimeSpan.FromSeconds(1), StackBytes = 1 << 20, Cpus = 1 };
        var (job, changed) = LimitMaxima.Apply(Job(limits), s_maximum);

        Assert.Equal(limits, job.Limits);
        Assert.Empty(changed);
    }

    private static JobSpec Job(ResourceLimits limits) => new() { Command = ["a"], Limits = limits };
}
