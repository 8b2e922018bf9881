using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Resources.Cores;
using Xunit;

namespace Sandbox.Tests.Cores;

public sealed class NoiseMeterTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Steal_is_what_was_added_while_the_job_ran()
    {
        var meter = Meter(steal: 100);
        Set(steal: 103);

        var quality = meter.Read(new() { Wall = TimeSpan.FromSeconds(1), ForcedSwitches = 0 });

        Assert.Equal(TimeSpan.FromMilliseconds(30), quality.Steal);
        Assert.Equal("timings may be disturbed: 30 ms stolen by the hypervisor", quality.Note);
    }

    [Fact]
    public void A_counter_that_went_back_means_no_steal()
    {
        var meter = Meter(steal: 100);
        Set(steal: 99);

        Assert.Equal(TimeSpan.Zero, meter.Read(new() { Wall = TimeSpan.FromSeconds(1), ForcedSwitches = 0 }).Steal);
    }

    [Fact]
    public void Without_proc_stat_steal_is_not_known()
    {
        var meter = new NoiseMeter(new HostFiles(_directory.Path), CpuSet.Of(0));

        Assert.Null(meter.Read(new() { Wall = TimeSpan.FromSeconds(1), ForcedSwitches = 0 }).Steal);
    }

    [Fact]
    public void What_the_caller_measured_is_passed_on()
    {
        var counts = new NoiseCounts
        {
            Wall = TimeSpan.FromSeconds(1),
            ForcedSwitches = 12,
            Throttled = TimeSpan.Zero,
            CpuPressure = TimeSpan.FromMicroseconds(200),
            Placed = CpuSet.Of(2, 3),
        };

        var quality = Meter(steal: 0).Read(counts);

        var expected = new RunQuality { Cpus = "2-3", ForcedSwitches = 12, Throttled = TimeSpan.Zero, CpuPressure = TimeSpan.FromMicroseconds(200), Steal = TimeSpan.Zero };
        Assert.Equal(expected, quality);
    }

    private NoiseMeter Meter(int steal)
    {
        Set(steal);
        return new NoiseMeter(new HostFiles(_directory.Path), CpuSet.Of(0));
    }

    private void Set(int steal) => _directory.Write("proc/stat", $"cpu  0 0 0 0 0 0 0 999 0 0\ncpu0 0 0 0 0 0 0 0 {steal} 0 0\n");
}
