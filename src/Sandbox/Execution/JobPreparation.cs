using Microsoft.Win32.SafeHandles;
using Sandbox.Execution.Diff;
using Sandbox.Host;
using Sandbox.Images;
using Sandbox.Interop;
using Sandbox.Jobs;
using Sandbox.Planning;
using Sandbox.Policies;
using Sandbox.Resources;
using Sandbox.Resources.Cores;
using Sandbox.Resources.Limits;
using Sandbox.Resources.Limits.Cgroups;
using Sandbox.Store;

namespace Sandbox.Execution;

/// <summary>
/// All that a job needs before it can be handed to the launcher: acquired, compiled, checked and opened. <c>sandbox plan</c> prints it and
/// gives it back, a run goes on with it; so what keeps a job from starting keeps its plan from being printed, in the same words.
/// </summary>
internal sealed class JobPreparation(ValidJob job, JobHost host, JobAttachment? attachment) : IDisposable
{
    private readonly List<SafeFileHandle> _extras = [];
    private ValidJob _job = job;
    private uint? _leasedId;
    private StoredImage? _image;
    private StoreLease? _stored;
    private CoreLease? _cores;
    private bool _wantsDisk;
    private ResourceLimits _asked = job.Spec.Limits;
    private HostRlimits? _ceilings;

    /// <summary>The job, with what its image says where it says nothing itself, and with no more than this host may give.</summary>
    public ValidJob Job => _job;

    /// <summary>What the launcher is asked for.</summary>
    public SandboxPlan Plan { get; private set; } = null!;

    /// <summary>The filter.</summary>
    public CompiledPolicy Policy { get; private set; } = null!;

    /// <summary>The job's control groups; null on a host without.</summary>
    public JobCgroup? Cgroup { get; private set; }

    /// <summary>Where its writable overlays keep their changes on a disk; null where they are in memory.</summary>
    public UpperDisk? Uppers { get; private set; }

    /// <summary>Its overlays need a disk, and none of this host is fit.</summary>
    public bool LacksDisk => _wantsDisk && Uppers is null;

    /// <summary>The processors it may run on; null for no choice. A lease is the host's choice of what the job may choose from; it wins.</summary>
    public CpuSet? Cpus => _cores?.Cpus ?? _job.Cpuset;

    /// <summary>The digest of its image; null without one.</summary>
    public string? ImageDigest => _image?.Digest;

    /// <summary>Its standard streams, once its files are opened.</summary>
    public JobStreams Streams { get; private set; } = null!;

    /// <summary>Where its outputs go, once its files are opened.</summary>
    public OutputDestinations Destinations { get; private set; } = null!;

    // A job of real root has an id of its own, which has no right to root's control groups: it is let in.
    private bool Joins => _leasedId is not null;

    /// <summary>Takes possession of what the job needs, and makes its plan.</summary>
    /// <param name="paths">What it needs of the host's files.</param>
    /// <param name="cancellationToken">Ends the waiting for what others have.</param>
    /// <exception cref="InvalidJobException">It cannot be a job, which only shows in its image or its mounts.</exception>
    /// <exception cref="SandboxException">This host cannot give it what it needs.</exception>
    public void Acquire(IReadOnlyList<NamedPath> paths, CancellationToken cancellationToken)
    {
        _leasedId = host.Ids.Take();
        var mayHang = LookAhead.AtFar(paths, host.LauncherPath);
        Read(cancellationToken);
        _asked = _job.Spec.Limits;
        _ceilings = HostRlimits.Read();
        _job = _job with { Spec = _job.Spec with { Limits = _ceilings.Clamp(_asked) } };
        CheckCpuset();
        _cores = host.LeaseCores(_job.Spec.Limits, cancellationToken);
        Cgroup = host.Cgroups.Lease(new() { Limits = _job.Spec.Limits with { Processes = _asked.Processes }, Cpus = Cpus, Network = _job.Spec.Network });
        using (HostWatch.Enter("look at the host's files"))
        {
            Compile(Context(mayHang));
        }

        if (_job.Spec.Require.Count > 0)
        {
            EnforcementReport.Check(_job.Spec.Require, Expected(), CgroupHolds.Of(Cgroup));
        }
    }

    /// <summary>Opens what the job reads and writes on the host.</summary>
    /// <returns>What its changes are compared with; null if nobody asks for them.</returns>
    /// <exception cref="SandboxException">Something cannot be opened.</exception>
    public DiffBase? OpenFiles() => OpenFiles(_job.Spec);

    /// <summary>Opens it to see whether it can be, and lets go of it at once; nothing is made, and nothing of a FIFO or device is taken from the job.</summary>
    /// <exception cref="SandboxException">Something cannot be opened.</exception>
    public void CheckFiles()
    {
        var spec = _job.Spec;
        var isTakenByLooking = spec.Stdin is ContentStdin { Content: FileContent input } && new LiveHostTree().Resolved(input.Path) == HostEntryKind.Special;
        OpenFiles(spec with
        {
            Stdin = isTakenByLooking ? Stdin.Null : spec.Stdin,
            Stdout = spec.Stdout is FileOutput ? OutputStream.Discard : spec.Stdout,
            Stderr = spec.Stderr is FileOutput ? OutputStream.Discard : spec.Stderr,
        })?.Dispose();
    }

    /// <summary>Hands the job to the launcher.</summary>
    /// <returns>The channel on which the launcher tells what becomes of it.</returns>
    /// <exception cref="SandboxException">It cannot be handed over.</exception>
    public SafeFileHandle Start()
    {
        using var bytes = MemFile.Create("plan\0"u8, PlanWriter.Write(Plan));
        if (Cgroup is { } group)
        {
            _extras.AddRange(group.OpenDescriptors(Joins));
        }

        if (Plan.Flags.HasFlag(PlanFlags.ForeignIds))
        {
            Streams.GiveTo(Plan.HostUid, Plan.HostGid);
        }

        var channel = host.Launcher.Start(bytes, [.. Streams.JobEnds(), .. _extras, .. Uppers?.Descriptors ?? []]);
        Uppers?.HandedOver();
        Streams.HandedOver();
        CloseExtras();
        return channel;
    }

    /// <summary>What is to hold each limit, before the job runs.</summary>
    public IReadOnlyDictionary<string, Enforcement> Expected() =>
        EnforcementReport.Build(_asked, Facts() with
        {
            PerfAvailable = EnforcementFacts.MayHavePerf(),
            SocketsSeen = _job.Spec.Network is not HostNetwork,
            Sharing = MemorySharing.Expected(),
        });

    /// <summary>What held each limit of a job that ran.</summary>
    public IReadOnlyDictionary<string, Enforcement> Enforcement(bool perf, JobWatch? watch) => EnforcementReport.Build(_asked, Facts() with
    {
        PerfAvailable = perf,
        UnseenTasks = watch?.UnseenTasks ?? 0,
        ClockLost = watch?.HasLostClock ?? false,
        SocketsSeen = watch?.SeesSockets ?? false,
        Sharing = watch?.SharingMeans ?? SharingMeans.None,
    });

    /// <summary>What there is to tell before the job runs.</summary>
    public PlanFacts ToFacts() => new()
    {
        Job = _job.Spec,
        Plan = Plan,
        Policy = Policy,
        Enforcement = Expected(),
        Cgroups = host.Cgroups.Place.Why,
    };

    /// <summary>Gives back what was acquired. Nothing of the job may be left.</summary>
    public void Dispose()
    {
        CloseExtras();
        Uppers?.Dispose();
        Streams?.Dispose();
        Destinations?.Dispose();
        if (Cgroup is { } group)
        {
            host.Cgroups.Return(group);
        }

        _cores?.Dispose();
        _image?.Dispose();
        _stored?.Dispose();
        host.Ids.Return(_leasedId);
        _leasedId = null;
    }

    private void Compile(PlanContext context)
    {
        _wantsDisk = host.NeedsDisk(_job.Spec);
        Uppers = _wantsDisk ? UpperDisk.Make(host.StoreFolder, _job.Spec, context) : null;
        Plan = JobResources.Compile(_job, Policy, context with { UpperFolder = Uppers?.Path });
        Uppers?.HoldTo(Plan);
    }

    private void Read(CancellationToken cancellationToken)
    {
        using (HostWatch.Enter("open the image"))
        {
            _image = ImageDefaults.Open(ref _job, host);
        }

        using (HostWatch.Enter("look at the host's files"))
        {
            OwnFolders.Check(_job.Spec, host.OwnFolders);
            _job = _job with { Spec = UpperFolders.Resolve(_job.Spec) };
        }

        var names = StoredName.Of(_job.Spec);
        using (HostWatch.Enter("lease stored files"))
        {
            _stored = names.Count == 0 ? null : host.Store.Lease(names, cancellationToken);
        }

        using (HostWatch.Enter("read the policy"))
        {
            Policy = PolicyStore.Load(_job.Spec);
        }
    }

    // sched_setaffinity(2) and cpuset(7) would take the ones that are there and forget the rest.
    private void CheckCpuset()
    {
        if (_job.Cpuset is { } cpus && host.Topology.Problem(cpus) is { } problem)
        {
            throw new SandboxException(problem) { Phase = "prepare", Step = "cpu affinity", Pointer = "/cpuset" };
        }
    }

    private PlanContext Context(bool mayHang) => PlanContext.OfThisProcess(_leasedId) with
    {
        Cgroup = Cgroup?.Placement(Joins) ?? CgroupPlacement.None,
        LeasedCpus = _cores?.Cpus,
        SubIds = host.SubIdsOf(_job.Spec, _leasedId),
        Image = ImageDefaults.Layers(_image),
        Terminal = attachment?.Size ?? TerminalSize.Usual,
        SourcesMayHang = mayHang,
        StoredFiles = _stored is null ? "" : host.Store.ObjectsFolder,
    };

    private EnforcementFacts Facts() => new()
    {
        PerfAvailable = false,
        Ceilings = _ceilings!,
        Cgroup = CgroupHolds.Of(Cgroup),
        Cpus = Cpus,
        ChangesIds = _job.ChangesIds,
        UppersOnDisk = Uppers?.Path,
    };

    private DiffBase? OpenFiles(JobSpec spec)
    {
        using (HostWatch.Enter("open the job's files"))
        {
            Destinations = OutputDestinations.Open(_job.Spec);
            Streams = JobStreams.Open(spec, Destinations, attachment);
        }

        using (HostWatch.Enter("open file"))
        {
            OpenExtras();
        }

        using (HostWatch.Enter("open the job's files"))
        {
            return spec.Diff is null ? null : DiffBase.Open(OverlayUpper.AllOf(Plan));
        }
    }

    private void OpenExtras()
    {
        foreach (var file in Plan.ExtraFiles)
        {
            HostWatch.At(file.Path);
            _extras.Add(SourceFile.OpenRegular(file.Path, file.Origin));
        }
    }

    private void CloseExtras()
    {
        foreach (var extra in _extras)
        {
            extra.Dispose();
        }

        _extras.Clear();
    }
}
