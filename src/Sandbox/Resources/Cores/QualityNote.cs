using System.Globalization;

namespace Sandbox.Resources.Cores;

// When is a timing worth a warning? Measurements of the same program on a quiet machine differ by about a percent anyway,
// from caches and the layout of memory; what took less than that is not told apart from it.

/// <summary>Decides whether a timing may be disturbed, and says by what.</summary>
internal static class QualityNote
{
    private const double TolerableShare = 0.01;

    // A fork, an exec and the wake-ups of a short job wait some hundred microseconds even on an idle machine: of a job of
    // 20 ms that is more than a percent, and no disturbance.
    private static readonly TimeSpan s_tolerableTime = TimeSpan.FromMilliseconds(1);

    // A forced switch costs a time slice (some 3 ms) when another program takes the CPU, and some 10 µs when a thread of the
    // kernel does; those come a few times per second on a quiet CPU. Ten per second are more than the kernel's own, and
    // could be 3 % of the time.
    private const double TolerableSwitchesPerSecond = 10;
    private const long TolerableSwitches = 2;

    /// <summary>One sentence if timings may be disturbed; null if the run was quiet as far as anybody could see.</summary>
    /// <param name="quality">What was measured; its own note is not looked at.</param>
    /// <param name="wall">Real time of the run.</param>
    public static string? Of(RunQuality quality, TimeSpan wall)
    {
        var causes = new List<string>();
        var lost = Lost(quality);
        if (lost > s_tolerableTime && lost > wall * TolerableShare)
            AddTimes(causes, quality);
        if (SwitchesMatter(quality, wall))
            causes.Add(string.Create(CultureInfo.InvariantCulture, $"taken off its CPU {quality.ForcedSwitches} times"));
        return causes.Count == 0 ? null : $"timings may be disturbed: {string.Join(", ", causes)}";
    }

    // A task that is throttled waits for a CPU as well, so pressure contains throttled time and only the larger counts. A
    // CPU that the hypervisor took away has its task still on it: steal is in neither. The steal of several CPUs adds up,
    // which is the worst case: a job that was always where it happened.
    private static TimeSpan Lost(RunQuality quality)
    {
        var throttled = quality.Throttled ?? TimeSpan.Zero;
        var pressure = quality.CpuPressure ?? TimeSpan.Zero;
        return (throttled > pressure ? throttled : pressure) + (quality.Steal ?? TimeSpan.Zero);
    }

    private static void AddTimes(List<string> causes, RunQuality quality)
    {
        Add(causes, quality.Steal, "stolen by the hypervisor");
        Add(causes, quality.Throttled, "throttled by its CPU limit");
        Add(causes, quality.CpuPressure, "waiting for a CPU");
    }

    private static void Add(List<string> causes, TimeSpan? time, string words)
    {
        if (time is { Ticks: > 0 } lost)
            causes.Add(string.Create(CultureInfo.InvariantCulture, $"{lost.TotalMilliseconds:0.#} ms {words}"));
    }

    // Pressure knows how long the job waited; the number of times adds nothing to that. It has to do where there is no
    // pressure, and then threads of the job that took the CPU from each other count too.
    private static bool SwitchesMatter(RunQuality quality, TimeSpan wall) =>
        quality.CpuPressure is null &&
        quality.ForcedSwitches > TolerableSwitches &&
        quality.ForcedSwitches > wall.TotalSeconds * TolerableSwitchesPerSecond;
}
