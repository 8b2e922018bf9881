using Xunit;

namespace Sandbox.KernelTests;

/// <summary>The clocks of time since boot of a strict job are its own, where the kernel has time namespaces.</summary>
public sealed class ClockTests : KernelTest
{
    private const long FewSeconds = 60;

    private static bool KernelHasThem => File.Exists("/proc/self/ns/time_for_children");

    [KernelFact]
    public async Task A_strict_job_finds_clocks_that_begin_near_zero()
    {
        var result = await RunAsync(Probe.Job("tell_clocks") with { Isolation = IsolationLevel.Strict });

        AssertVerdict(Verdict.Ok, result);
        var lines = Out(result).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("denied", lines[2]);
        Assert.Equal(KernelHasThem, result.Isolation!.Namespaces.TryGetValue("time", out var own) && own != HostNamespace());
        if (KernelHasThem)
        {
            Assert.All(Clocks(lines), static clock => Assert.InRange(clock, 0, FewSeconds));
        }
    }

    // The host is up longer than a job takes.
    [KernelFact]
    public async Task Any_other_job_finds_those_of_the_host()
    {
        var before = Environment.TickCount64 / 1000;

        var result = await RunAsync(Probe.Job("tell_clocks"));

        Assert.All(Clocks(Out(result).Split('\n')), clock => Assert.InRange(clock, before - 1, before + FewSeconds));
        Assert.False(result.Isolation!.Namespaces.ContainsKey("time"));
    }

    // Deadlines, phases and times of a result are by the host's clocks.
    [KernelFact]
    public async Task What_is_measured_of_a_strict_job_is_measured_as_ever()
    {
        var result = await RunAsync(Probe.Job("sleep_forever") with { Isolation = IsolationLevel.Strict, Limits = new() { WallTime = TimeSpan.FromSeconds(1) } });

        AssertVerdict(Verdict.WallTimeLimit, result);
        Assert.InRange(result.Time.Wall, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10) * Requirements.Slowness);
        Assert.All(result.Phases, static phase => Assert.InRange(phase.Microseconds, 0, 60_000_000));
    }

    private static IEnumerable<long> Clocks(string[] lines)
    {
        Assert.Equal(("self", "child"), (lines[0].Split(' ')[0], lines[1].Split(' ')[0]));
        return lines.Take(2).SelectMany(static line => line.Split(' ').Skip(1)).Select(static word => long.Parse(word, System.Globalization.CultureInfo.InvariantCulture));
    }

    private static long HostNamespace() =>
        File.ResolveLinkTarget("/proc/self/ns/time", false) is { Name: var name } ? long.Parse(name[(name.IndexOf('[') + 1)..^1], System.Globalization.CultureInfo.InvariantCulture) : 0;
}
