using Sandbox.Resources.Limits;
using Sandbox.Resources.Limits.Cgroups;
using Xunit;

namespace Sandbox.Tests.Limits.Cgroups;

public sealed class CpuGroupTests : IDisposable
{
    private readonly FakeCgroup _group = new();

    public void Dispose() => _group.Dispose();

    [Fact]
    public void Version_2_counts_in_microseconds()
    {
        _group.Write("cpu.stat", "usage_usec 1500000\nuser_usec 1200000\nsystem_usec 300000\nnr_periods 0\n");
        using var cpu = CpuGroup.OfVersion2(_group.Group);

        cpu!.Look();

        Assert.Equal((TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(1.2)), (cpu.Total, cpu.User));
    }

    [Fact]
    public void Version_1_counts_in_nanoseconds()
    {
        _group.Write("cpuacct.usage", "1500000000\n").Write("cpuacct.usage_user", "1200000000\n");
        using var cpu = CpuGroup.OfVersion1(_group.Group);

        cpu!.Look();

        Assert.Equal((TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(1.2)), (cpu.Total, cpu.User));
    }

    [Fact]
    public void A_group_without_the_files_counts_nothing()
    {
        Assert.Null(CpuGroup.OfVersion1(_group.Group));
        Assert.Null(CpuGroup.OfVersion2(_group.Group));
    }

    [Fact]
    public void What_the_set_up_used_is_taken_off_each()
    {
        _group.Write("cpu.stat", "usage_usec 900\nuser_usec 500\n");
        using var cpu = CpuGroup.OfVersion2(_group.Group);
        var meter = new CpuMeter(cpu!, new() { Cpu = Microseconds(300), User = Microseconds(100), System = Microseconds(200), Wall = default });

        meter.Look();

        Assert.Equal((Microseconds(600), Microseconds(400)), (meter.Cpu, meter.User));
    }

    [Fact]
    public void User_time_is_never_more_than_there_is()
    {
        _group.Write("cpu.stat", "usage_usec 900\nuser_usec 500\n");
        using var cpu = CpuGroup.OfVersion2(_group.Group);
        var meter = new CpuMeter(cpu!, new() { Cpu = Microseconds(500), User = Microseconds(10), System = Microseconds(490), Wall = default });

        meter.Look();

        Assert.Equal((Microseconds(400), Microseconds(400)), (meter.Cpu, meter.User));
    }

    [Fact]
    public void A_group_of_either_version_that_cannot_be_read_any_more_is_lost()
    {
        _group.Lose("cpu.stat");
        _group.Lose("cpuacct.usage");
        using var second = CpuGroup.OfVersion2(_group.Group);
        using var first = CpuGroup.OfVersion1(_group.Group);
        Assert.Equal((false, false), (second!.IsLost, first!.IsLost));

        second.Look();
        first.Look();

        Assert.Equal((true, true), (second.IsLost, first.IsLost));
    }

    [Fact]
    public void A_group_that_is_lost_keeps_what_it_counted()
    {
        using var owner = System.Diagnostics.Process.Start("sleep", "60");
        _group.Link("cpuacct.usage", $"/proc/{owner.Id}/oom_score");
        using var cpu = CpuGroup.OfVersion1(_group.Group);
        cpu!.Look();
        var before = cpu.Total;
        owner.Kill();
        owner.WaitForExit();

        cpu.Look();

        Assert.Equal((true, before), (cpu.IsLost, cpu.Total));
        Assert.True(before > TimeSpan.Zero);
    }

    private static TimeSpan Microseconds(long count) => TimeSpan.FromMicroseconds(count);
}
