using Sandbox.Resources.Limits.Cgroups;
using Xunit;

namespace Sandbox.Tests.Limits.Cgroups;

public sealed class ActivityFilesTests : IDisposable
{
    private readonly FakeCgroup _group = new();

    public void Dispose() => _group.Dispose();

    [Fact]
    public void A_wait_counts_in_part_as_pressure_and_in_full_as_starving()
    {
        _group.Write("cpu.pressure", Pressure(1500, 700)).Write("memory.pressure", Pressure(20, 10)).Write("io.pressure", Pressure(3, 1));
        using var activity = new ActivityFiles(_group.Group);

        var pressure = activity.Pressure();

        Assert.Equal(new PressureUsage { Cpu = Microseconds(1500), Memory = Microseconds(20), Io = Microseconds(3) }, pressure);
        Assert.Equal(Microseconds(700), activity.CpuStarved());
    }

    [Fact]
    public void A_kernel_that_tells_only_some_cpu_pressure_knows_of_no_starving()
    {
        _group.Write("cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500\n");
        using var activity = new ActivityFiles(_group.Group);

        Assert.Null(activity.CpuStarved());
        Assert.Equal(new PressureUsage { Cpu = Microseconds(1500), Memory = default, Io = default }, activity.Pressure());
    }

    [Theory]
    [InlineData("")]
    [InlineData("some avg10=0.00\n")]
    [InlineData(null)]
    public void Without_pressure_counting_there_is_no_pressure(string? text)
    {
        if (text is not null)
        {
            _group.Write("cpu.pressure", text);
        }

        using var activity = new ActivityFiles(_group.Write("memory.pressure", Pressure(1, 1)).Group);

        Assert.Null(activity.Pressure());
        Assert.Null(activity.CpuStarved());
    }

    [Fact]
    public void Block_devices_are_told_with_the_controller_and_only_with_it()
    {
        using var activity = new ActivityFiles(_group.Group);
        Assert.Null(activity.Io());

        _group.Write("io.stat", "8:0 rbytes=4096 wbytes=0 rios=1 wios=0\n");

        Assert.Equal(new IoUsage { ReadBytes = 4096, WrittenBytes = 0, Reads = 1, Writes = 0 }, activity.Io());
    }

    private static string Pressure(int some, int full) =>
        $"some avg10=0.00 avg60=0.00 avg300=0.00 total={some}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total={full}\n";

    private static TimeSpan Microseconds(long count) => TimeSpan.FromMicroseconds(count);
}
