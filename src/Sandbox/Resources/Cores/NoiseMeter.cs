using System.Globalization;
using Sandbox.Host;
using Sandbox.Interop;

namespace Sandbox.Resources.Cores;

/// <summary>Measures what disturbs a job, from its creation on.</summary>
/// <param name="files">Where <c>/proc/stat</c> is.</param>
/// <param name="cpus">
/// The CPUs the job is placed on. Null where it may run on any: the steal of all of them says little of it, and
/// <c>/proc/stat</c> costs a millisecond and more where there are many.
/// </param>
internal sealed class NoiseMeter(HostFiles files, CpuSet? cpus)
{
    private readonly TimeSpan? _stealBefore = Steal(files, cpus);

    /// <summary>What disturbed the job up to now.</summary>
    public RunQuality Read(NoiseCounts counts)
    {
        var quality = new RunQuality
        {
            Cpus = counts.Placed?.ToString(),
            ForcedSwitches = counts.ForcedSwitches,
            Throttled = counts.Throttled,
            CpuPressure = counts.CpuPressure,
            Steal = Growth(_stealBefore, Steal(files, cpus)),
        };
        return quality with { Note = QualityNote.Of(quality, counts.Wall) };
    }

    // The kernel's counter has been seen to go back a little after a live migration of the machine.
    private static TimeSpan? Growth(TimeSpan? before, TimeSpan? after) => after < before ? TimeSpan.Zero : after - before;

    private static TimeSpan? Steal(HostFiles files, CpuSet? cpus) => cpus is null ? null : StealTime.Of(files.Text("/proc/stat"), cpus);
}

/// <summary>What the caller of <see cref="NoiseMeter"/> knows of a run when it is over.</summary>
internal sealed record NoiseCounts
{
    /// <summary>Real time from execve to the end of the first process.</summary>
    public required TimeSpan Wall { get; init; }

    /// <summary>Times that a task of the reaped tree was taken off its CPU (getrusage(2), <c>ru_nivcsw</c>).</summary>
    public required long ForcedSwitches { get; init; }

    /// <summary><c>throttled_usec</c> of the cgroup's <c>cpu.stat</c>; null without a cgroup.</summary>
    public TimeSpan? Throttled { get; init; }

    /// <summary>
    /// <c>total</c> of the line <c>full</c> of the cgroup's <c>cpu.pressure</c> (Linux 5.13): time in which tasks of the job
    /// wanted a CPU and none had one. The line <c>some</c> also counts tasks that wait for each other, which is the job's
    /// own affair. Null without a cgroup or without PSI.
    /// </summary>
    public TimeSpan? CpuPressure { get; init; }

    /// <summary>The CPUs the job was placed on; null if it was not placed.</summary>
    public CpuSet? Placed { get; init; }
}

/// <summary>Time that a hypervisor gave to others while a CPU of this machine had work (proc_stat(5), the column "steal").</summary>
internal static class StealTime
{
    private const int StealColumn = 8; // after "cpuN", counted from 1

    // USER_HZ: 100 on x86_64 and aarch64 whatever CONFIG_HZ is, as user space was promised (asm-generic/param.h).
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(10);

    /// <summary>The sum for these CPUs since the machine started; null if one of them is not in the text.</summary>
    /// <remarks>Zero on real hardware, and on a hypervisor that does not tell its guests.</remarks>
    public static TimeSpan? Of(string procStat, CpuSet cpus)
    {
        var ticks = 0L;
        var seen = 0;
        foreach (var line in procStat.AsSpan().EnumerateLines())
        {
            if (!TryParse(line, out var number, out var stolen) || !cpus.Contains(number))
            {
                continue;
            }

            ticks += stolen;
            seen++;
        }

        return seen == 0 || seen != cpus.Count ? null : s_tick * ticks;
    }

    private static bool TryParse(ReadOnlySpan<char> line, out int number, out long stolen)
    {
        (number, stolen) = (0, 0);
        if (!line.StartsWith("cpu", StringComparison.Ordinal))
        {
            return false;
        }

        var column = 0;
        foreach (var word in line["cpu".Length..].Split(' '))
        {
            var text = line["cpu".Length..][word];
            // The first line, of all CPUs together, has no number.
            if (column == 0 && !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number))
            {
                return false;
            }

            if (column++ == StealColumn)
            {
                return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out stolen);
            }
        }

        return false;
    }
}

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
        {
            AddTimes(causes, quality);
        }

        if (SwitchesMatter(quality, wall))
        {
            causes.Add(string.Create(CultureInfo.InvariantCulture, $"taken off its CPU {quality.ForcedSwitches} times"));
        }

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
        {
            causes.Add(string.Create(CultureInfo.InvariantCulture, $"{lost.TotalMilliseconds:0.#} ms {words}"));
        }
    }

    // Pressure knows how long the job waited; the number of times adds nothing to that. It has to do where there is no
    // pressure, and then threads of the job that took the CPU from each other count too.
    private static bool SwitchesMatter(RunQuality quality, TimeSpan wall) =>
        quality.CpuPressure is null &&
        quality.ForcedSwitches > TolerableSwitches &&
        quality.ForcedSwitches > wall.TotalSeconds * TolerableSwitchesPerSecond;
}
