using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits.Cgroups;

// Version 2 kills the whole group at its limit (memory.oom.group), version 1 one process, and the host has to end the rest.
// Both tell whose limit it was: an OOM kill that was not at the group's own is the host's affair and no verdict on the job.

/// <summary>The memory controller over one job (cgroup-v2.rst, "Memory"; cgroup-v1/memory.rst).</summary>
internal sealed class MemoryGroup : IDisposable
{
    // What a CPU keeps in stock of a group's pages counts as used before it is (MEMCG_CHARGE_BATCH, mm/memcontrol.c).
    private const long StockBytes = 512 << 10;

    private readonly CgroupDirectory _directory;
    private readonly bool _isVersion2;
    private readonly ControlFile? _events;
    private readonly ControlFile? _peak;
    private readonly ControlFile? _current;
    private readonly ControlFile? _stat;
    private readonly ControlFile? _peakWithSwap;
    private SafeFileHandle? _notice;
    private bool _hasSubscribed;
    private long _watermark;
    private long _fileCache;

    /// <summary>The controller in an existing group.</summary>
    public MemoryGroup(CgroupDirectory directory, bool isVersion2)
    {
        (_directory, _isVersion2) = (directory, isVersion2);
        _events = ControlFile.Open(directory, isVersion2 ? "memory.events" : "memory.oom_control");
        _peak = ControlFile.Open(directory, isVersion2 ? "memory.peak" : "memory.max_usage_in_bytes");
        _current = ControlFile.Open(directory, isVersion2 ? "memory.current" : "memory.usage_in_bytes");
        _stat = ControlFile.Open(directory, "memory.stat");
        _peakWithSwap = isVersion2 ? null : ControlFile.Open(directory, "memory.memsw.max_usage_in_bytes");
    }

    /// <summary>The limit that is in force, read back; null for none.</summary>
    public long? EffectiveBytes { get; private set; }

    /// <summary>Use above which the kernel slows the group down, read back; null for none.</summary>
    public long? EffectiveHighBytes { get; private set; }

    /// <summary>Why the limit is not all of it; null if it is.</summary>
    public string? Weakness { get; private set; }

    /// <summary>At the limit the kernel ends the whole group (memory.oom.group).</summary>
    public bool KillsAll { get; private set; }

    /// <summary>Data that waits in sockets is charged to the group, of whatever protocol.</summary>
    public bool CountsSockets => _isVersion2;

    /// <summary>
    /// Largest use so far in bytes, without pages of files that the kernel would drop at the limit; all of it once that was reached.
    /// Before Linux 5.19 (version 2) the largest that a look has seen.
    /// </summary>
    public long PeakBytes { get; private set; }

    /// <summary>The peak is sampled, not counted (before Linux 5.19).</summary>
    public bool IsSampled => _peak is null;

    /// <summary>Processes of the group that the kernel's OOM killer took, whosever limit it was.</summary>
    public long OomKills { get; private set; }

    /// <summary>How often an allocation failed at this group's own limit.</summary>
    public long Ooms { get; private set; }

    /// <summary>How often use reached the limit, so that the kernel had to reclaim (version 2).</summary>
    public long Reclaims { get; private set; }

    /// <summary>The group, or its controller, is gone: nothing is held any more.</summary>
    public bool IsLost => _events is { IsLost: true };

    /// <summary>It cannot be looked at for want of descriptors.</summary>
    public bool IsStarved => _events is { IsStarved: true };

    /// <summary>What to poll for: the event file itself, or an eventfd(2) of version 1; null where neither is to be had.</summary>
    public SafeFileHandle? Notice => _isVersion2 ? _events?.Handle : _hasSubscribed ? _notice : Subscribe();

    /// <summary>What to poll it for.</summary>
    public short NoticeEvent => _isVersion2 ? PollEntry.Exceptional : PollEntry.Readable;

    /// <summary>Sets the limits and reads back what the kernel made of them.</summary>
    /// <param name="bytes">The limit; null for none.</param>
    /// <param name="highBytes">Use above which the group is slowed down; null for none.</param>
    /// <param name="above">The smallest limit above the group; null for none.</param>
    /// <param name="network">What the job can send on.</param>
    /// <exception cref="SandboxException">The kernel refuses one.</exception>
    public void Limit(long? bytes, long? highBytes, long? above, Network network)
    {
        if (_isVersion2)
        {
            LimitVersion2(bytes, highBytes, above);
        }
        else
        {
            LimitVersion1(bytes, network);
        }
    }

    /// <summary>What it has now, in bytes, counted as <see cref="PeakBytes"/>.</summary>
    public long UsedBytes() => Math.Max((_current?.Number() ?? 0) - FileCache(), 0);

    /// <summary>Takes note of what happened.</summary>
    public void Look()
    {
        if (_notice is { } notice)
        {
            _ = Libc.Read(notice, stackalloc byte[sizeof(ulong)]); // or poll(2) would tell the same again
        }

        if (_events is { } events)
        {
            var text = events.Text();
            if (events.IsLost)
            {
                return;
            }

            OomKills = Kills(ControlFile.ValueIn(text, "oom_kill"u8), ControlFile.ValueIn(text, "oom_group_kill"u8));
            Ooms = ControlFile.ValueIn(text, "oom"u8);
            Reclaims = ControlFile.ValueIn(text, "max"u8);
        }

        // After the events: a peak read before them may miss the very page that they are about.
        LookAtPeak();
        if (!_isVersion2)
        {
            Ooms = OomKills > 0 && WasFull() ? OomKills : 0;
        }

        if (Ooms > 0)
        {
            PeakBytes = _watermark;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _events?.Dispose();
        _peak?.Dispose();
        _current?.Dispose();
        _stat?.Dispose();
        _peakWithSwap?.Dispose();
        _notice?.Dispose();
    }

    // The kernel's watermark is of all that is charged. What it would drop at the limit is no need of the job's, and depends on who was the
    // first to read a file: it is taken off, as much as there was when the watermark was last seen to rise, before or after.
    private void LookAtPeak()
    {
        var watermark = Math.Max(_watermark, (_peak ?? _current)?.Number() ?? 0);
        if (watermark == _watermark && watermark - PeakBytes <= StockBytes)
        {
            return;
        }

        var before = _fileCache;
        _fileCache = FileCache();
        var use = Math.Max((_current?.Number() ?? 0) - _fileCache, 0);
        if (watermark > _watermark)
        {
            use = Math.Max(use, watermark - Math.Max(before, _fileCache));
        }

        PeakBytes = Math.Max(PeakBytes, use);
        _watermark = watermark;
    }

    // Of what is in the page cache, tmpfs and shared memory cannot be dropped.
    private long FileCache()
    {
        var text = _stat is { } stat ? stat.Text() : default;
        return Math.Max(ControlFile.ValueIn(text, _isVersion2 ? "file"u8 : "cache"u8) - ControlFile.ValueIn(text, "shmem"u8), 0);
    }

    private void LimitVersion2(long? bytes, long? highBytes, long? above)
    {
        if (bytes is { } asked)
        {
            // All or nothing: what a job that lost a process says is worth nothing, and the survivors would burn on.
            _directory.Set("memory.oom.group", "1", "/limits/memory");
            KillsAll = true;
            ForbidSwap("memory.swap.max", "0");
            _directory.Set("memory.max", Text(Within(asked, above)), "/limits/memory");
        }

        if (highBytes is { } high)
        {
            _directory.Set("memory.high", Text(high), "/limits/memoryHigh");
        }

        EffectiveBytes = Known(_directory.Number("memory.max"));
        EffectiveHighBytes = Known(_directory.Number("memory.high"));
    }

    private void LimitVersion1(long? bytes, Network network)
    {
        if (bytes is not { } asked)
        {
            return;
        }

        // Inherited from above; with it the kernel would let a job at its limit wait for ever.
        _ = _directory.Write("memory.oom_control", "0");
        SetVersion1(Within(asked, Known(HierarchicalLimit())));
        if (!_directory.Has("memory.memsw.limit_in_bytes"))
        {
            ForbidSwap("memory.swappiness", "0");
        }

        if (network is not NoNetwork)
        {
            AddWeakness(network is LoopbackNetwork or EgressNetwork or JoinedNetwork or ContainerNetwork
                ? "version 1 does not count the buffers of UDP; a watchdog looks at them"
                : "version 1 does not count the buffers of UDP, and with the host's network nothing does");
        }

        EffectiveBytes = Known(HierarchicalLimit());
    }

    private void SetVersion1(long bytes)
    {
        var text = Text(bytes);

        // The limit on memory and swap together may never be the smaller one, so from none downwards it comes second.
        _directory.Set("memory.limit_in_bytes", text, "/limits/memory");
        if (_directory.Has("memory.memsw.limit_in_bytes"))
        {
            _directory.Set("memory.memsw.limit_in_bytes", text, "/limits/memory");
        }

        // Buffers of TCP are counted apart, and without a limit until they are given one (cgroup-v1/memory.rst, 2.7.2).
        if (_directory.Has("memory.kmem.tcp.limit_in_bytes"))
        {
            _directory.Set("memory.kmem.tcp.limit_in_bytes", text, "/limits/memory");
        }
    }

    // A limit above that is smaller than the job's is what the job gets, less something for whoever else is there: so the job
    // meets a limit of its own first, and an OOM kill says whose fault it was.
    private static long Within(long asked, long? above) =>
        above is { } outer && outer < asked - (asked % Environment.SystemPageSize) ? outer - (outer / 16) : asked;

    // Without swap accounting a limit on memory is none on memory and swap (cgroup-v2.rst, "memory.swap.max").
    private void ForbidSwap(string file, string value)
    {
        if (_directory.Write(file, value) < 0 && HostSwap.IsOn)
        {
            AddWeakness("the host swaps, and this kernel does not count swap");
        }
    }

    private void AddWeakness(string weakness) => Weakness = Weakness is null ? weakness : $"{Weakness}; {weakness}";

    // version 1 tells by eventfd only (cgroup-v1/memory.rst, "OOM Control").
    private SafeFileHandle? Subscribe()
    {
        _hasSubscribed = true;
        if (_events?.Handle is not { } events || Libc.CreateEvent(out var notice) < 0)
        {
            return null;
        }

        var registration = string.Create(CultureInfo.InvariantCulture,
            $"{notice.DangerousGetHandle()} {events.DangerousGetHandle()}");
        if (_directory.Write("cgroup.event_control", registration) == 0)
        {
            return _notice = notice;
        }

        notice.Dispose();
        return null;
    }

    // Version 1 counts refusals in memory.failcnt, which Linux 6.18 leaves at 0; that the group was full it still tells.
    private bool WasFull() => Math.Max(_watermark, _peakWithSwap?.Number() ?? 0) >= EffectiveBytes - StockBytes;

    // A group kill counts its first victim twice, unless that has no memory any more (oom_kill_process, mm/oom_kill.c).
    private static long Kills(long kills, long groupKills) => kills == 0 ? 0 : Math.Max(1, kills - groupKills);

    private long? HierarchicalLimit()
    {
        const string key = "hierarchical_memory_limit ";
        foreach (var line in (_directory.Read("memory.stat") ?? "").Split('\n'))
        {
            if (line.StartsWith(key, StringComparison.Ordinal))
            {
                return long.Parse(line.AsSpan(key.Length), CultureInfo.InvariantCulture);
            }
        }

        return _directory.Number("memory.limit_in_bytes");
    }

    // Version 1 says "no limit" by the largest number of whole pages.
    private static long? Known(long? bytes) => bytes is { } value && value < long.MaxValue - (1 << 16) ? value : null;

    private static string Text(long bytes) => bytes.ToString(CultureInfo.InvariantCulture);
}
