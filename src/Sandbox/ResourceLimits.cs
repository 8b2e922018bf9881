namespace Sandbox;

/// <summary>The limits of a job; null lifts one (<c>"none"</c> in job.json), but that of <see cref="StackBytes"/>.</summary>
/// <remarks>No limit that the kernel holds by an rlimit is above the hard limit of whoever starts the job (setrlimit(2)).</remarks>
public sealed record ResourceLimits
{
    /// <summary>What lifts <see cref="StackBytes"/>.</summary>
    public const long Unlimited = long.MaxValue;

    /// <summary>CPU time of the whole process tree, user and system. Default none.</summary>
    public TimeSpan? CpuTime { get; init; }

    /// <summary>Real time from execve. Default 60 s.</summary>
    public TimeSpan? WallTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest time without any CPU progress. Default none.</summary>
    public TimeSpan? IdleTime { get; init; }

    /// <summary>Memory of the whole job in bytes. Default 512 MiB.</summary>
    public long? MemoryBytes { get; init; } = 512L << 20;

    /// <summary>Tasks of the job, threads included. Default 128.</summary>
    public int? Processes { get; init; } = 128;

    /// <summary>Bytes per output stream. Default 16 MiB.</summary>
    public long? OutputBytes { get; init; } = 16L << 20;

    /// <summary>Largest file a process may write, in bytes (RLIMIT_FSIZE, setrlimit(2)). Default 64 MiB.</summary>
    public long? FileSizeBytes { get; init; } = 64L << 20;

    /// <summary>Open descriptors per process (RLIMIT_NOFILE). Default 256.</summary>
    public int? OpenFiles { get; init; } = 256;

    /// <summary>
    /// Stack of the first thread in bytes (RLIMIT_STACK); null is what the caller's own programs have, <see cref="Unlimited"/> as much as it may
    /// have. Default null.
    /// </summary>
    public long? StackBytes { get; init; }

    /// <summary>
    /// Bytes of addresses that one process may map, used or not (RLIMIT_AS); beyond it allocations fail in the job. Node, Java, .NET and Go
    /// reserve far more than they use. Default none.
    /// </summary>
    public long? AddressSpaceBytes { get; init; }

    /// <summary>Bytes of private writable memory that one process may map, used or not (RLIMIT_DATA); beyond it allocations fail in the job. Default none.</summary>
    public long? DataSegmentBytes { get; init; }

    /// <summary>Bytes in all writable tmpfs together. Default 256 MiB.</summary>
    public long? DiskBytes { get; init; } = 256L << 20;

    /// <summary>
    /// Bytes that <see cref="JobSpec.Outputs"/> and <see cref="JobSpec.Diff"/> may bring to the host together, by the sizes of the files, holes
    /// included; what goes beyond is not collected and is an output error. Default 1 GiB.
    /// </summary>
    public long? CollectBytes { get; init; } = 1L << 30;

    /// <summary>Connections that a job with <see cref="EgressNetwork"/> has at once; more wait for one of them to end. Default 128.</summary>
    public int? Connections { get; init; } = 128;

    /// <summary>Connections that a job with <see cref="EgressNetwork"/> makes in all to what its list allows; any more are broken, and the job goes on. Default none.</summary>
    public int? ConnectionsTotal { get; init; }

    /// <summary>
    /// Bytes that a job with <see cref="EgressNetwork"/> sends and receives together. Once they are passed, its connections are broken and no more are made; the job
    /// goes on. Default none.
    /// </summary>
    public long? TrafficBytes { get; init; }

    /// <summary>Bytes a second that a job with <see cref="EgressNetwork"/> sends and receives together; beyond it both sides wait. Default none.</summary>
    public long? TrafficRateBytes { get; init; }

    /// <summary>
    /// CPUs' worth of time in each tenth of a second, such as 0.5 or 2; beyond it the job waits (cgroup-v2.rst, <c>cpu.max</c>). Needs a
    /// control group with the controller cpu, otherwise the job is a setup error. Default none.
    /// </summary>
    public double? Cpus { get; init; }

    /// <summary>
    /// The job's share of processors that others want as well, 1 to 10000, where a job that says nothing has 100 (cgroup-v2.rst, <c>cpu.weight</c>; of version 1 <c>cpu.shares</c>, of which 1024 are 100). It is no limit:
    /// an idle processor is the job's. Needs a control group with the controller cpu, otherwise the job is a setup error. Default none.
    /// </summary>
    public int? CpuWeight { get; init; }

    /// <summary>
    /// Memory in bytes above which the kernel reclaims from the job and slows it down, without ending it (cgroup-v2.rst, <c>memory.high</c>).
    /// Needs a control group of version 2, otherwise the job is a setup error. Default none.
    /// </summary>
    public long? MemoryHighBytes { get; init; }

    /// <summary>
    /// Bytes a second read from each block device; beyond it the job waits (cgroup-v2.rst, <c>io.max</c>). Needs a control group of version 2
    /// with the controller io, otherwise the job is a setup error. Default none.
    /// </summary>
    public long? IoReadBytes { get; init; }

    /// <summary>As <see cref="IoReadBytes"/>, for writing; what stays in the page cache is written later and limited then.</summary>
    public long? IoWriteBytes { get; init; }
}

/// <summary>What <see cref="JobSpec.Require"/> may name: the limits that a kernel can hold, by their names in <see cref="ResourceLimits"/> without a unit, and the processors.</summary>
public enum RequiredLimit
{
    /// <summary>CPU time of the whole job.</summary>
    CpuTime,

    /// <summary>Real time.</summary>
    WallTime,

    /// <summary>Time without progress.</summary>
    IdleTime,

    /// <summary>Memory of the whole job.</summary>
    Memory,

    /// <summary>Number of tasks.</summary>
    Processes,

    /// <summary>Bytes on each stream.</summary>
    Output,

    /// <summary>Size of one file.</summary>
    FileSize,

    /// <summary>Descriptors of one process.</summary>
    OpenFiles,

    /// <summary>Stack of a program.</summary>
    Stack,

    /// <summary>Bytes in all writable directories.</summary>
    Disk,

    /// <summary>Addresses of one process.</summary>
    AddressSpace,

    /// <summary>Private writable memory of one process.</summary>
    DataSegment,

    /// <summary>CPU bandwidth.</summary>
    Cpus,

    /// <summary>Memory above which the job is slowed down.</summary>
    MemoryHigh,

    /// <summary>Bytes a second read from each disk.</summary>
    IoRead,

    /// <summary>Bytes a second written to each disk.</summary>
    IoWrite,

    /// <summary>The processors of <see cref="JobSpec.Cpuset"/>.</summary>
    Cpuset,
}
