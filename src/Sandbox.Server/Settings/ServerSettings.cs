using System.Net;
using Sandbox.Server.Files;
using Sandbox.Server.Fronts.Judge0;
using Sandbox.Server.Fronts.Runtimes;
using Sandbox.Server.Jobs;
using Sandbox.Server.Listening;
using Sandbox.Server.Queue;
using Sandbox.Server.Trust;

namespace Sandbox.Server.Settings;

/// <summary>What a server was told.</summary>
internal sealed record ServerSettings
{
    /// <summary>More would end at one instant in more filters than some kernels free without a deadlock (docs/serve.md).</summary>
    public const int MostSlots = 256;

    /// <summary>Absolute paths of unix sockets; the default one if there are no ports either.</summary>
    public IReadOnlyList<string> Sockets { get; init; } = [];

    /// <summary>Where it listens by TCP.</summary>
    public IReadOnlyList<TcpAddress> Ports { get; init; } = [];

    /// <summary>Where the APIs of other judges are spoken.</summary>
    public IReadOnlyList<FrontPlace> Fronts { get; init; } = [];

    /// <summary>The languages of those that have some; null for what is found at the start.</summary>
    public RuntimesFile? Runtimes { get; init; }

    /// <summary>What a judge0.conf says.</summary>
    public Judge0Settings Judge0 { get; init; } = new();

    /// <summary>The networks that ends of submissions may be told to.</summary>
    public IReadOnlyList<IPNetwork> Callbacks { get; init; } = [];

    /// <summary>What signs that; null for no signature.</summary>
    public byte[]? CallbackKey { get; init; }

    /// <summary>How long a submission is kept after its end: its clients come back later than those who wait for a job.</summary>
    public TimeSpan SubmissionAge { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Absolute paths of files with tokens.</summary>
    public IReadOnlyList<string> TokenFiles { get; init; } = [];

    /// <summary>Absolute path of the server's certificate; null for no TLS.</summary>
    public string? TlsCertificate { get; init; }

    /// <summary>Absolute path of its key.</summary>
    public string? TlsKey { get; init; }

    /// <summary>Absolute path of the certificates of the authorities of clients; null if certificates are not asked for.</summary>
    public string? TlsClientCa { get; init; }

    /// <summary>The least level of the framework's messages that is written.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Warning;

    /// <summary>How many connections there may be at once, on all sockets for HTTP together.</summary>
    public int MaxConnections { get; init; } = (int)Math.Min(4096, ConnectionBound.OpenFiles / 2);

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

    /// <summary>What jobs have of the limits that they do not name, up to the maxima.</summary>
    public ResourceLimits Default { get; init; } = new();

    /// <summary>What jobs may have beyond what all may.</summary>
    public Allowances Allowed { get; init; } = Allowances.None;

    /// <summary>As <see cref="SandboxOptions.Cgroup"/>.</summary>
    public string? Cgroup { get; init; }

    /// <summary>As <see cref="SandboxOptions.LeasedCpus"/>.</summary>
    public string? LeasedCpus { get; init; }

    /// <summary>As <see cref="SandboxOptions.Store"/>.</summary>
    public string? Store { get; init; }

    /// <summary>What tenants may have of files.</summary>
    public FileBounds Files { get; init; } = new();

    /// <summary>Somebody who connects there has to show a token of that API's own.</summary>
    public bool AsksForOwnToken(FrontPlace place) => place.Api == "judge0" && Judge0.AuthenticationTokens.Count > 0;

    /// <summary>Absolute path of the directory in which jobs outlive the server; null for none.</summary>
    public string? State { get; init; }

    /// <summary>A job is taken, started and told of only when that is on the disk.</summary>
    public bool StateIsSynced { get; init; } = true;
}
