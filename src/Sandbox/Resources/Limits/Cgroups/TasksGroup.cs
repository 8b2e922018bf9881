using System.Globalization;

namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>The pids controller over one job; its files are the same in both versions (cgroup-v2.rst, "PID").</summary>
internal sealed class TasksGroup(CgroupDirectory directory) : IDisposable
{
    /// <summary>PID_MAX_LIMIT, more than which no 64-bit kernel has, nor takes as a limit (include/linux/threads.h).</summary>
    public const int MaxTasks = 4 << 20;

    private readonly ControlFile? _events = ControlFile.Open(directory, "pids.events");
    private readonly ControlFile? _peak = ControlFile.Open(directory, "pids.peak");
    private readonly ControlFile? _current = ControlFile.Open(directory, "pids.current");

    /// <summary>The limit read back; null for none.</summary>
    public int? EffectiveTasks { get; private set; }

    /// <summary>How often a fork failed at the limit.</summary>
    public long Refused { get; private set; }

    /// <summary>Most tasks at once; before Linux 6.1, which counts them, the most that a look has seen.</summary>
    public int Peak { get; private set; }

    /// <summary>The peak is that of looks.</summary>
    public bool IsSampled => _peak is null;

    /// <summary>Sets the limit and reads back what the kernel made of it.</summary>
    /// <exception cref="SandboxException">The kernel refuses it.</exception>
    public void Limit(int? tasks)
    {
        if (tasks is null)
        {
            return;
        }

        directory.Set("pids.max", Math.Min(tasks.Value, MaxTasks).ToString(CultureInfo.InvariantCulture), "/limits/processes");
        EffectiveTasks = directory.Number("pids.max") is { } known and <= int.MaxValue ? (int)known : null;
    }

    /// <summary>The group, or its controller, is gone: nothing is held any more.</summary>
    public bool IsLost => (_events ?? _current) is { IsLost: true };

    /// <summary>Takes note of what happened.</summary>
    public void Look()
    {
        Refused = Math.Max(Refused, _events?.Value("max"u8) ?? 0);
        Peak = Math.Max(Peak, (int)((_peak ?? _current)?.Number() ?? 0));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _events?.Dispose();
        _peak?.Dispose();
        _current?.Dispose();
    }
}

/// <summary>What a group of version 2 tells of its work and its waits: <c>io.stat</c> and the pressure files (cgroup-v2.rst, "IO"; accounting/psi.rst).</summary>
internal sealed class ActivityFiles(CgroupDirectory directory) : IDisposable
{
    private readonly ControlFile? _cpu = ControlFile.Open(directory, "cpu.pressure");

    /// <summary>Time in which tasks of the job wanted a CPU and none had one (Linux 5.13); null where the kernel counts no pressure.</summary>
    public TimeSpan? CpuStarved() => Total(_cpu, "full"u8);

    /// <summary>Bytes and requests to block devices; null without the io controller.</summary>
    public IoUsage? Io() => IoStat.Sum(directory.Read("io.stat"));

    /// <summary>The waits for all three; null where the kernel counts no pressure.</summary>
    public PressureUsage? Pressure()
    {
        if (Total(_cpu, "some"u8) is not { } cpu)
        {
            return null;
        }

        using var memory = ControlFile.Open(directory, "memory.pressure");
        using var io = ControlFile.Open(directory, "io.pressure");
        return new() { Cpu = cpu, Memory = Total(memory, "some"u8) ?? TimeSpan.Zero, Io = Total(io, "some"u8) ?? TimeSpan.Zero };
    }

    /// <inheritdoc/>
    public void Dispose() => _cpu?.Dispose();

    // A kernel with PSI built in and switched off (psi=0) has the file and refuses to read it.
    private static TimeSpan? Total(ControlFile? file, ReadOnlySpan<byte> kind)
    {
        var text = file is null ? default : file.Text();
        var line = text.IndexOf(kind);
        if (line < 0)
        {
            return null;
        }

        text = text[line..];
        var at = text.IndexOf("total="u8);
        if (at < 0)
        {
            return null;
        }

        text = text[(at + "total=".Length)..];
        return AsciiNumbers.TakeNumber(ref text, out var microseconds) ? TimeSpan.FromMicroseconds(microseconds) : null;
    }
}
