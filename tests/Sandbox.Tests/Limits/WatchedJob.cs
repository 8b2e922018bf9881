using Microsoft.Win32.SafeHandles;
using Sandbox.Resources.Limits;
using Sandbox.Resources.Limits.Cgroups;
using Sandbox.Tests.Limits.Cgroups;

namespace Sandbox.Tests.Limits;

/// <summary>A job whose tree in /proc is far over every limit, while its control group is within each of them.</summary>
internal sealed class WatchedJob : IDisposable
{
    private const int PagesPerMebibyte = 256;

    private readonly FakeProc _proc = new();
    private JobCgroup? _job;

    public WatchedJob()
    {
        Tree = _proc.Open();
        _proc.Set(2, own: 1_000_000, reaped: 0, threads: 500, resident: 1000 * PagesPerMebibyte);
        Group.Write("memory.max", "").Write("memory.oom.group", "").Write("memory.swap.max", "").Write("pids.max", "")
            .Write("memory.events", "oom 0\noom_kill 0\n").Write("memory.peak", "4096\n").Write("cpu.stat", "usage_usec 0\nuser_usec 0\n")
            .Write("pids.events", "max 0\n").Write("pids.peak", "2\n");
    }

    /// <summary>A payload whose set-up used no CPU time.</summary>
    public static TimeUsage NoSetup { get; } = new() { Cpu = default, User = default, System = default, Wall = default };

    /// <summary>The files of its only group.</summary>
    public FakeCgroup Group { get; } = new();

    /// <summary>The directory that plays its procfs.</summary>
    public SafeFileHandle Tree { get; }

    /// <summary>A watch over it in a group of version 2.</summary>
    public JobWatch Watch(ResourceLimits limits, params string[] controllers) => Watch(limits, NoSetup, controllers);

    public JobWatch Watch(ResourceLimits limits, TimeUsage setup, params string[] controllers) => Watch(limits, Group.Version2(controllers), setup);

    public JobWatch Watch(ResourceLimits limits, JobCgroup job, TimeUsage setup, Network? network = null)
    {
        _job = job;
        job.Memory?.Limit(limits.MemoryBytes, null, above: null, network ?? Network.None);
        return new(limits, new() { ProcFs = Tree }, job, setup, network ?? Network.None);
    }

    /// <summary>A watch over it in a group of version 1 with a limit of 64 MiB.</summary>
    public JobWatch WatchVersion1(int kills, long peak, Network? network = null)
    {
        Group.Write("memory.limit_in_bytes", "").Write("memory.swappiness", "").Write("cpuacct.usage", "0\n")
            .Write("memory.oom_control", $"oom_kill_disable 0\nunder_oom 0\noom_kill {kills}\n").Write("memory.max_usage_in_bytes", $"{peak}\n");
        return Watch(new() { MemoryBytes = 64 << 20 }, Group.Version1("memory", "cpuacct"), NoSetup, network);
    }

    public void Dispose()
    {
        _job?.Dispose();
        Group.Dispose();
        Tree.Dispose();
        _proc.Dispose();
    }
}
