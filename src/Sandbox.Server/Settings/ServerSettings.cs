using Sandbox.Server.Jobs;
using Sandbox.Server.Queue;

namespace Sandbox.Server.Settings;

/// <summary>What a server was told.</summary>
internal sealed record ServerSettings
{
    /// <summary>More would end at one instant in more filters than some kernels free without a deadlock (docs/serve.md).</summary>
    public const int MostSlots = 256;

    /// <summary>Absolute paths of unix sockets; empty for the default.</summary>
    public IReadOnlyList<string> Sockets { get; init; } = [];

    /// <summary>The bounds of the queue.</summary>
    public QueueOptions Queue { get; init; } = new()
    {
        Slots = Math.Min(Environment.ProcessorCount, MostSlots),
        MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3,
    };

    /// <summary>The largest request, in bytes.</summary>
    public long MaxBodyBytes { get; init; } = 16L << 20;

    /// <summary>How long jobs may take to end by themselves once the server is told to.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>What is kept of jobs that are over.</summary>
    public RetentionOptions Retention { get; init; } = new();

    /// <summary>What no job has more of; null bounds nothing. Memory and time are always bounded.</summary>
    public ResourceLimits Maximum { get; init; } = new()
    {
        CpuTime = TimeSpan.FromMinutes(10),
        WallTime = TimeSpan.FromMinutes(10),
        MemoryBytes = 2L << 30,
        Processes = 512,
        OutputBytes = 64L << 20,
        FileSizeBytes = 1L << 30,
        OpenFiles = 4096,
        DiskBytes = 1L << 30,
        CollectBytes = 1L << 30,
    };

    /// <summary>As <see cref="SandboxOptions.Cgroup"/>.</summary>
    public string? Cgroup { get; init; }

    /// <summary>As <see cref="SandboxOptions.LeasedCpus"/>.</summary>
    public string? LeasedCpus { get; init; }

    /// <summary>As <see cref="SandboxOptions.Store"/>.</summary>
    public string? Store { get; init; }
}
