using Sandbox.Resources.Limits.Cgroups;
using Xunit;

namespace Sandbox.Tests.Limits.Cgroups;

public sealed class JobCgroupTests : IDisposable
{
    private const long Mebibyte = 1 << 20;

    private readonly FakeCgroup _group = new();

    public void Dispose() => _group.Dispose();

    [Fact]
    public void A_group_of_version_2_is_one_to_be_cloned_into()
    {
        using var job = _group.Version2("memory", "pids");

        var placement = job.Placement(joins: false);

        Assert.Equal((_group.Group.Path, 1), (placement.Into, placement.Descriptors));
        Assert.Empty(placement.Joins);
        Assert.Equal((true, false, true), (placement.HoldsMemory, placement.CountsCpuTime, placement.HoldsProcesses));
    }

    [Fact]
    public void A_group_of_version_1_is_one_to_join()
    {
        _group.Write("cpuacct.usage", "0\n");
        using var job = _group.Version1("cpuacct");

        var placement = job.Placement(joins: false);

        Assert.Equal((null, _group.Group.Path), (placement.Into, Assert.Single(placement.Joins)));
        Assert.Equal((false, true, false), (placement.HoldsMemory, placement.CountsCpuTime, placement.HoldsProcesses));
    }

    [Fact]
    public void Jobs_of_real_root_join_every_group()
    {
        using var job = _group.Version2("memory");

        var placement = job.Placement(joins: true);

        Assert.Equal((null, _group.Group.Path), (placement.Into, Assert.Single(placement.Joins)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_launcher_gets_as_many_descriptors_as_the_placement_says(bool joins)
    {
        using var job = _group.Version2("memory");

        var handles = job.OpenDescriptors(joins);

        handles.ForEach(handle => handle.Dispose());
        Assert.Equal(job.Placement(joins).Descriptors, handles.Count);
    }

    [Fact]
    public void A_file_that_cannot_be_opened_is_no_group_to_join()
    {
        using var job = _group.Version1("memory");
        _group.Remove("cgroup.procs");

        var refused = Assert.Throws<SandboxException>(() => job.OpenDescriptors(joins: false));

        Assert.Equal((_group.Group.Path + "/cgroup.procs", "ENOENT"), (refused.Path, refused.Errno));
    }

    [Fact]
    public void The_smallest_limit_above_is_the_one_in_force()
    {
        _group.Write("memory.max", "").Write("memory.oom.group", "").Write("memory.swap.max", "").Write("pids.max", "").Write("cpu.max", "")
            .WriteAbove("memory.max", $"{16 * Mebibyte}\n").WriteAbove("pids.max", "20\n").WriteAbove("cpu.max", "50000 100000\n");
        using var job = _group.Version2("memory", "pids", "cpu");

        job.Limit(new() { Limits = new() { MemoryBytes = 64 * Mebibyte, Processes = 64, Cpus = 1.5 } }, []);

        Assert.Equal((15 * Mebibyte, 20L, 0.5), (job.EffectiveMemoryBytes, job.EffectiveTasks, job.EffectiveCpus));
    }

    [Theory]
    [InlineData("20\n", 20)]
    [InlineData("max\n", 64)]
    public void Version_1_has_limits_on_tasks_above_too(string above, long tasks)
    {
        _group.Write("pids.max", "").WriteAbove("pids.max", above);
        using var job = _group.Version1("pids");

        job.Limit(new() { Limits = new() { Processes = 64 } }, []);

        Assert.Equal(tasks, job.EffectiveTasks);
    }

    [Fact]
    public void What_a_network_weakens_is_told_of_version_1()
    {
        _group.Write("memory.limit_in_bytes", "");
        using var job = _group.Version1("memory");

        job.Limit(new() { Limits = new() { MemoryBytes = 64 * Mebibyte }, Network = Network.Loopback }, []);

        Assert.Equal("version 1 does not count the buffers of UDP; a watchdog looks at them", CgroupHolds.Of(job).MemoryWeakness);
    }

    [Theory]
    [InlineData("memory.events")]
    [InlineData("cpu.stat")]
    [InlineData("pids.events")]
    public void A_job_that_lost_one_of_its_controllers_is_lost(string file)
    {
        _group.Write("memory.events", "").Write("cpu.stat", "").Write("pids.events", "");
        _group.Lose(file);
        using var job = _group.Version2("memory", "pids");
        Assert.False(job.IsLost);

        job.Memory!.Look();
        job.Cpu!.Look();
        job.Tasks!.Look();

        Assert.True(job.IsLost);
    }

    [Fact]
    public void No_limit_above_leaves_the_jobs_own_in_force()
    {
        _group.Write("memory.max", "").Write("memory.oom.group", "").Write("memory.swap.max", "").Write("pids.max", "").Write("cpu.max", "")
            .WriteAbove("memory.max", "max\n").WriteAbove("pids.max", "max\n").WriteAbove("cpu.max", "max 100000\n");
        using var job = _group.Version2("memory", "pids", "cpu");

        job.Limit(new() { Limits = new() { MemoryBytes = 64 * Mebibyte, Processes = 64, Cpus = 1.5 } }, []);

        Assert.Equal((64 * Mebibyte, 64L, 1.5), (job.EffectiveMemoryBytes, job.EffectiveTasks, job.EffectiveCpus));
    }

    [Fact]
    public void What_is_in_force_is_told_with_its_mechanism()
    {
        _group.Write("memory.max", "").Write("memory.oom.group", "").Write("memory.swap.max", "").Write("cpu.stat", "usage_usec 0\n");
        using var job = _group.Version2("memory");

        job.Limit(new() { Limits = new() { MemoryBytes = 64 * Mebibyte } }, []);

        Assert.Equal(
            new CgroupHolds { MemoryBy = Mechanism.Cgroup2, MemoryBytes = 64 * Mebibyte, MemoryIsSampled = true, CpuTimeBy = Mechanism.Cgroup2 },
            CgroupHolds.Of(job));
    }

    [Fact]
    public void A_job_without_groups_is_held_by_nothing() => Assert.Equal(CgroupHolds.Nothing, CgroupHolds.Of(null));
}
