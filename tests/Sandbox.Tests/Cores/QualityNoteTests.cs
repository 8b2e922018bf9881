using Sandbox.Resources.Cores;
using Xunit;

namespace Sandbox.Tests.Cores;

public sealed class QualityNoteTests
{
    private const string Disturbed = "timings may be disturbed: ";

    [Theory]
    [InlineData(1000, 0, null, null, null, null)]
    [InlineData(1000, 0, 0.0, 0.0, 0.0, null)]
    [InlineData(1000, 0, 10.0, 0.0, 0.0, null)]
    [InlineData(1000, 0, 10.5, 0.0, 0.0, "10.5 ms throttled by its CPU limit")]
    [InlineData(1000, 0, 0.0, 11.0, 0.0, "11 ms waiting for a CPU")]
    [InlineData(1000, 0, null, null, 20.0, "20 ms stolen by the hypervisor")]
    [InlineData(10000, 0, null, null, 20.0, null)]
    [InlineData(1000, 0, 6.0, 6.0, 0.0, null)] // one and the same wait, seen twice
    [InlineData(1000, 0, 0.0, 6.0, 6.0, "6 ms stolen by the hypervisor, 6 ms waiting for a CPU")]
    [InlineData(20, 0, 0.0, 0.9, 0.0, null)] // more than 1 %, but what any start costs
    [InlineData(20, 0, 0.0, 1.1, 0.0, "1.1 ms waiting for a CPU")]
    [InlineData(1000, 10, null, null, null, null)]
    [InlineData(1000, 11, null, null, null, "taken off its CPU 11 times")]
    [InlineData(20, 2, null, null, null, null)]
    [InlineData(20, 3, null, null, null, "taken off its CPU 3 times")]
    [InlineData(1000, 5000, 0.0, 0.0, 0.0, null)] // pressure knows that nobody waited
    [InlineData(1000, 11, null, null, 20.0, "20 ms stolen by the hypervisor, taken off its CPU 11 times")]
    [InlineData(0, 0, null, null, null, null)]
    public void A_run_has_a_note_if_more_was_lost_than_any_run_loses(
        int wall, int switches, double? throttled, double? pressure, double? steal, string? causes)
    {
        var quality = new RunQuality { ForcedSwitches = switches, Throttled = Time(throttled), CpuPressure = Time(pressure), Steal = Time(steal) };

        var note = QualityNote.Of(quality, TimeSpan.FromMilliseconds(wall));

        Assert.Equal(causes is null ? null : Disturbed + causes, note);
    }

    private static TimeSpan? Time(double? milliseconds) => milliseconds is { } value ? TimeSpan.FromMilliseconds(value) : null;
}
