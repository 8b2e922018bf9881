using System.Globalization;

namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>The pids controller over one job; its files are the same in both versions (cgroup-v2.rst, "PID").</summary>
internal sealed class TasksGroup(CgroupFolder folder) : IDisposable
{
    /// <summary>PID_MAX_LIMIT, more than which no 64-bit kernel has, nor takes as a limit (include/linux/threads.h).</summary>
    public const int MostTasks = 4 << 20;

    private readonly ControlFile? _events = ControlFile.Open(folder, "pids.events");
    private readonly ControlFile? _peak = ControlFile.Open(folder, "pids.peak");
    private readonly ControlFile? _current = ControlFile.Open(folder, "pids.current");

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
            return;

        folder.Set("pids.max", Math.Min(tasks.Value, MostTasks).ToString(CultureInfo.InvariantCulture), "/limits/processes");
        EffectiveTasks = folder.Number("pids.max") is { } known and <= int.MaxValue ? (int)known : null;
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
