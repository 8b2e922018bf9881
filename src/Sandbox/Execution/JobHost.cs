using Sandbox.Host;
using Sandbox.Images;
using Sandbox.Interop;
using Sandbox.Policies;
using Sandbox.Resources.Cores;
using Sandbox.Resources.Limits.Cgroups;
using Sandbox.Store;

namespace Sandbox.Execution;

// Made when the first job needs it, in an order that matters: the launcher starts jobs from the control group it is in
// itself, so the host takes its place in the hierarchy first.

/// <summary>What all jobs of one host share: the launcher, the ids, the control groups and the cores.</summary>
internal sealed class JobHost(SandboxOptions options) : IDisposable
{
    private const string Variable = "SANDBOX_CGROUP";

    private readonly Lock _lock = new();
    private Launcher? _launcher;
    private IdLease? _ids;
    private CgroupHost? _cgroups;
    private CoreLeases? _cores;
    private CpuTopology? _topology;
    private StoredFiles? _store;

    /// <summary>Ids for jobs of real root.</summary>
    public IdLease Ids
    {
        get
        {
            lock (_lock)
            {
                return _ids ??= new IdLease(options);
            }
        }
    }

    /// <summary>The launcher, in this host's control group.</summary>
    /// <exception cref="SandboxException">The control groups that the user has named cannot be used.</exception>
    public Launcher Launcher
    {
        get
        {
            _ = Cgroups;
            lock (_lock)
            {
                return _launcher ??= new Launcher(options.LauncherPath);
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
                return _cgroups ??= OpenCgroups();
            }
        }
    }

    /// <summary>The ids a job has next to its own; null for a job of one id.</summary>
    /// <param name="job">The job.</param>
    /// <param name="leasedId">The id that real root has given it; its further ones follow the range of those.</param>
    /// <exception cref="SandboxException">The user has none, or cannot map them.</exception>
    public SubordinateIds? SubIdsOf(JobSpec job, uint? leasedId)
    {
        if (!job.SubIds)
        {
            return null;
        }

        if (leasedId is null)
        {
            return SubIdFiles.Of(Libc.EffectiveUid(), new HostFiles());
        }

        var first = options.RootUidRangeStart + options.RootUidRangeLength;
        return new() { FirstUid = first, Uids = SubordinateIds.Most, FirstGid = first, Gids = SubordinateIds.Most };
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

    /// <summary>The folder of images and files; empty if there is no place for one, which whoever needs it will say.</summary>
    public string StoreFolder => Sandbox.Store.StoreFolder.Find(options.Store) ?? "";

    /// <summary>Writable overlays of the job keep their changes on a disk, if there is one that is fit.</summary>
    public bool NeedsDisk(JobSpec job) => UpperPlace.IsNeeded(job) && (options.UppersOnDisk || !UpperPlace.IsMemoryFit);

    /// <summary>An installed launcher to use; null for the embedded one.</summary>
    public string? LauncherPath => options.LauncherPath;

    /// <summary>The folders that no job may write to.</summary>
    public IReadOnlyList<string> OwnFolders
    {
        get
        {
            string?[] folders = [Sandbox.Store.StoreFolder.Find(options.Store), PolicyCache.OfUser()?.Folder, UpperPlace.IsMemoryFit ? null : UpperPlace.OutsideOfStore];
            return [.. folders.OfType<string>()];
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

    /// <summary>Takes over a launcher that is running already.</summary>
    public void Adopt(Launcher launcher) => _launcher = launcher;

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

    /// <summary>Ends the launcher, and with it every job that still runs.</summary>
    public void StopLauncher()
    {
        lock (_lock)
        {
            _launcher?.Dispose();
            _launcher = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        StopLauncher();
        _cgroups?.Dispose();
    }

    // A launcher that was there before and did not move along stands in a group from which no job can be started (EACCES).
    private CgroupHost OpenCgroups()
    {
        var host = CgroupHost.Open(Named(options));
        if (host.HasMovedAlone)
        {
            _launcher?.Dispose();
            _launcher = null;
        }

        return host;
    }

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
                throw new SandboxException($"the processors to lease cannot be used: {problem}") { Phase = "prepare", Step = "lease cores" };
            }

            return _cores = new CoreLeases(pool, _topology);
        }
    }
}
