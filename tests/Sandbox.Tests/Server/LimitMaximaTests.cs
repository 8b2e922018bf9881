using Sandbox.Server.Trust;
using Xunit;

namespace Sandbox.Tests.Server;

public sealed class LimitMaximaTests
{
    private static readonly ResourceLimits s_maximum = new() { WallTime = TimeSpan.FromSeconds(30), MemoryBytes = 1 << 30, CpuTime = TimeSpan.FromSeconds(20), StackBytes = 8 << 20, Cpus = 1 };

    [Fact]
    public void What_is_above_a_maximum_becomes_it_and_is_said()
    {
        var (job, changed) = Apply(Job(new() { WallTime = TimeSpan.FromHours(1), MemoryBytes = 1L << 40, CpuTime = TimeSpan.FromSeconds(1), StackBytes = 1 << 20, Cpus = 0.5 }));

        Assert.Equal((s_maximum.WallTime, s_maximum.MemoryBytes, TimeSpan.FromSeconds(1)), (job.Limits.WallTime, job.Limits.MemoryBytes, job.Limits.CpuTime));
        Assert.Equal(["memory=1 GiB", "wallTime=30 s"], changed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void No_limit_means_the_maximum()
    {
        var (job, _) = Apply(Job(new() { WallTime = null, MemoryBytes = null, CpuTime = null, StackBytes = ResourceLimits.Unlimited, Cpus = null }));

        Assert.Equal((s_maximum.WallTime, s_maximum.MemoryBytes, s_maximum.CpuTime, s_maximum.StackBytes, s_maximum.Cpus),
            (job.Limits.WallTime, job.Limits.MemoryBytes, job.Limits.CpuTime, job.Limits.StackBytes, job.Limits.Cpus));
    }

    [Fact]
    public void What_is_within_stays()
    {
        var limits = new ResourceLimits { WallTime = TimeSpan.FromSeconds(1), CpuTime = TimeSpan.FromSeconds(1), StackBytes = 1 << 20, Cpus = 1 };
        var (job, changed) = Apply(Job(limits));

        Assert.Equal(limits, job.Limits);
        Assert.Empty(changed);
    }

    [Fact]
    public void Every_part_of_a_job_starts_from_the_defaults_and_keeps_what_it_names()
    {
        var defaults = new ResourceLimits { WallTime = TimeSpan.FromSeconds(3), MemoryBytes = 1 << 20 };
        const string job = """{ "command": ["a"], "limits": { "memory": "2MiB" } }""", bare = """{ "command": ["a"] }""";
        foreach (var document in new[] { job, $$"""{ "processes": { "a": {{job}}, "b": {{job}} } }""", $$"""{ "steps": [ { "name": "a", "job": {{job}} } ] }""" })
        {
            Assert.All(Read(document).Parts(), part => Assert.Equal(defaults with { MemoryBytes = 2 << 20 }, part.Job.Limits));
            Assert.All(Read(document.Replace(job, bare, StringComparison.Ordinal)).Parts(), part => Assert.Equal(defaults, part.Job.Limits));
        }

        JobDocument Read(string text) => JobFile.ParseDocument(System.Text.Encoding.UTF8.GetBytes(text), "", defaults);
    }

    private static (JobSpec Job, IReadOnlyList<string> Changed) Apply(JobSpec job)
    {
        var (held, changed) = LimitMaxima.Apply(job, s_maximum);
        return (Assert.IsType<JobSpec>(held), changed);
    }

    private static JobSpec Job(ResourceLimits limits) => new() { Command = ["a"], Limits = limits };
}
