using System.Net;
using Sandbox.Destinations;
using Sandbox.Egress;
using Sandbox.Host;
using Sandbox.Images;
using Sandbox.Interop;
using Sandbox.Resources.Cores;
using Sandbox.Resources.Ids;
using Sandbox.Resources.Limits.Cgroups;
using Sandbox.Resources.Roots;
using Sandbox.Store;

namespace Sandbox.Resources;

// Made when the first job needs it.

/// <summary>What all jobs of one host share: the ids, the control groups, the cores, images and files.</summary>
internal sealed class HostResources(SandboxOptions options) : IDisposable
{
    private const string Variable = "SANDBOX_CGROUP";

    // what HostDirectories and HostEtc bind lies there
    private static readonly string[] s_ofSystem = ["/usr", "/etc", "/var/lib", "/lib", "/bin", "/sbin"];

    private readonly Lock _lock = new();
    private IdPool? _ids;
    private CgroupHost? _cgroups;
    private CoreLeases? _cores;
    private CpuTopology? _topology;
    private StoredFiles? _store;
    private IReadOnlyList<string>? _hiddenInSystem;

    /// <summary>What of the machine's own directories all jobs with the host's root see.</summary>
    public SystemDirectories SystemDirectories { get; } = new(TimeProvider.System);

    /// <summary>Finds the addresses of names, for jobs that may reach them.</summary>
    public NameResolver Resolver { get; } = options.Resolver is { } given ? new(given) : static (name, cancellationToken) => Dns.GetHostAddressesAsync(name, cancellationToken);

    /// <inheritdoc cref="SandboxOptions.Redial"/>
    public Func<IPEndPoint, IPEndPoint>? Redial => options.Redial;

    /// <inheritdoc cref="SandboxOptions.AlterRules"/>
    public Func<byte[], byte[]>? AlterRules => options.AlterRules;

    /// <summary>Ids for jobs of real root.</summary>
    public IdPool Ids
    {
        get
        {
            lock (_lock)
            {
                return _ids ??= new IdPool(options);
            }
        }
    }

    /// <summary>The control groups.</summary>
    /// <exception cref="SandboxException">Those that the user has named cannot be used.</exception>
    public CgroupHost Cgroups
    {
        get
        {
            lock (_lock)
            {
                return _cgroups ??= CgroupHost.Open(Named(options));
            }
        }
    }

    /// <summary>The images that jobs may run in.</summary>
    /// <exception cref="SandboxException">There is no place for a store.</exception>
    public UnpackedImages Images => UnpackedImages.Of(options.Store);

    /// <summary>The files that jobs name by their digest.</summary>
    /// <exception cref="SandboxException">There is no place for a store.</exception>
    public StoredFiles Store
    {
        get
        {
            lock (_lock)
            {
                return _store ??= StoredFiles.Of(options.Store);
            }
        }
    }

    /// <summary>The directories that jobs name.</summary>
    /// <exception cref="SandboxException">There is no place for a store.</exception>
    public StoredVolumes Volumes => StoredVolumes.Of(options.Store);

    /// <summary>Where they are; null if there is no place for them.</summary>
    public string? VolumesDirectory => Sandbox.Store.StoreLocation.Find(options.Store) is { } store ? VolumesRoot.PathIn(store) : null;

    /// <summary>The directory of images and files; empty if there is no place for one, which whoever needs it will say.</summary>
    public string StoreLocation => Sandbox.Store.StoreLocation.Find(options.Store) ?? "";

    /// <summary>Writable overlays of the job keep their changes on a disk, if there is one that is fit.</summary>
    public bool NeedsDisk(JobDraft draft) =>
        (UpperPlace.IsNeeded(draft.Job.Spec) || draft.Context.Image is { WritableDirectories.Count: > 0 }) && (options.UppersOnDisk || !UpperPlace.IsMemoryFit);

    /// <summary>The directories that no job may write to.</summary>
    public IReadOnlyList<string> OwnDirectories
    {
        get
        {
            string?[] directories = [Sandbox.Store.StoreLocation.Find(options.Store), OwnCache.OfUser()?.Directory, UpperPlace.IsMemoryFit ? null : UpperPlace.OutsideOfStore];
            return [.. directories.OfType<string>()];
        }
    }

    /// <summary>What no job may reach beside the sockets of job hosts.</summary>
    public IReadOnlyList<string> Hidden => options.Hidden;

    /// <summary>Of that, what the host's own directories could show, which jobs get without naming them.</summary>
    public IReadOnlyList<string> HiddenInSystem
    {
        get
        {
            lock (_lock)
            {
                return _hiddenInSystem ??= [.. options.Hidden.Where(static path => Interop.Libc.RealPath(path) is { } real && s_ofSystem.Any(shown => real.StartsWith(shown, StringComparison.Ordinal)))];
            }
        }
    }

    /// <summary>The processors that jobs may run on.</summary>
    public CpuTopology Topology
    {
        get
        {
            lock (_lock)
            {
                return _topology ??= CpuTopology.OfThisProcess();
            }
        }
    }

    /// <summary>The control groups that the user has named; null for none.</summary>
    public static string? Named(SandboxOptions options) => options.Cgroup ?? Environment.GetEnvironmentVariable(Variable);

    /// <summary>Whole cores for a job; null where none are leased. Waits until they are free.</summary>
    /// <exception cref="SandboxException">There are not as many.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while waiting.</exception>
    public CoreLease? LeaseCores(ResourceLimits limits, CancellationToken cancellationToken) =>
        options.LeasedCpus is { } list ? Cores(list).Take((int)Math.Ceiling(limits.Cpus ?? 1), cancellationToken) : null;

    /// <summary>No more jobs will come: nothing is made ahead any more.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _cgroups?.Close();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _cgroups?.Dispose();

    private CoreLeases Cores(string list)
    {
        lock (_lock)
        {
            _topology ??= CpuTopology.OfThisProcess();
            if (_cores is not null)
            {
                return _cores;
            }

            if (!CpuSet.TryParse(list, out var pool, out var problem))
            {
                throw new SandboxException($"the processors to lease cannot be used: {problem}") { Operation = Operation.LeaseCores };
            }

            return _cores = new CoreLeases(pool, _topology);
        }
    }
}
