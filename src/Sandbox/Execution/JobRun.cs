using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Sandbox.Execution.Diff;
using Sandbox.Host;
using Sandbox.Images;
using Sandbox.Interop;
using Sandbox.Jobs;
using Sandbox.Planning;
using Sandbox.Policies;
using Sandbox.Resources.Cores;
using Sandbox.Resources.Limits;
using Sandbox.Resources.Limits.Cgroups;
using Sandbox.Resources;
using Sandbox.Store;

namespace Sandbox.Execution;

/// <summary>One job from a valid specification to its result: prepare, start, supervise, collect, judge, tear down.</summary>
internal sealed class JobRun(ValidJob job, JobHost host, uint? leasedId, JobAttachment? attachment) : IDisposable
{
    private readonly long _origin = Stopwatch.GetTimestamp();
    private ValidJob _job = job;
    private StoredImage? _image;
    private OutputDestinations? _destinations;
    private JobStreams? _streams;
    private volatile Supervisor? _supervisor;
    private bool _mayHang;
    private CoreLease? _cores;
    private JobCgroup? _cgroup;
    private StoreLease? _stored;
    private UpperDisk? _uppers;
    private bool _isTold;

    /// <summary>The job was handed to the launcher. From any thread.</summary>
    public bool HasStarted => _supervisor is not null;

    /// <summary>Runs it to the end of its last process.</summary>
    /// <param name="paths">What it needs of the host's files.</param>
    /// <param name="cancellationToken">Kills the job's whole tree.</param>
    /// <exception cref="SandboxException">It could not even be handed to the launcher.</exception>
    public JobResult Run(IReadOnlyList<NamedPath> paths, CancellationToken cancellationToken)
    {
        _mayHang = LookAhead.AtFar(paths, host.LauncherPath);
        var policy = Read(cancellationToken);
        var asked = Spec.Limits;
        var ceilings = HostRlimits.Read();
        _job = _job with { Spec = Spec with { Limits = ceilings.Clamp(asked) } };
        CheckCpuset();
        _cores = host.LeaseCores(Spec.Limits, cancellationToken);
        _cgroup = host.Cgroups.Lease(new() { Limits = Spec.Limits with { Processes = asked.Processes }, Cpus = Cpus, Network = Spec.Network });
        var plan = Compile(policy);
        if (Spec.Require.Count > 0)
            EnforcementReport.Check(Spec.Require, Enforcement(asked, ceilings, perf: false), CgroupHolds.Of(_cgroup));

        using var overlays = OpenHostFiles(plan);
        cancellationToken.ThrowIfCancellationRequested();
        var noise = new NoiseMeter(new HostFiles(), Cpus);
        _supervisor = new Supervisor(Start(plan, _streams!), _streams!, Spec, _cgroup, host.Launcher, _uppers);
        attachment?.Connect(_supervisor);
        using (cancellationToken.UnsafeRegister(static state => ((Supervisor)state!).Stop(StopCause.Cancelled), _supervisor))
            _supervisor.RunToEnd();

        var ended = Stopwatch.GetTimestamp();
        var collection = new OutputCollection(Spec, _supervisor, _destinations!, cancellationToken);
        collection.Run(overlays);
        var collected = Stopwatch.GetTimestamp();
        _supervisor.LetGo();
        var result = new RunFacts
        {
            Job = _job,
            Plan = plan,
            Policy = policy,
            Supervisor = _supervisor,
            Cgroup = _cgroup,
            LacksDisk = _uppers is null && host.NeedsDisk(Spec),
            Cpus = Cpus,
            Noise = noise,
            Streams = _streams!,
            Image = _image?.Digest,
            Collection = collection,
            Enforcement = Enforcement(asked, ceilings, _supervisor.HasCpuClock, _supervisor.Watch),
            Origin = _origin,
            EndedAt = ended,
            CollectedAt = collected,
            LetGoAt = Stopwatch.GetTimestamp(),
        }.ToResult();
        _isTold = true;

        // Whoever reads the result may look at the changes, or give them to the next job.
        if (Spec.Mounts.Any(mount => mount is OverlayMount { Upper: not null }))
            _supervisor.AwaitGone();
        return result;
    }

    /// <summary>
    /// Waits until pid 1 is gone too, and with it the namespaces. Nobody has to wait for that to read the result: every process of
    /// the job is dead and reaped before.
    /// </summary>
    public void Dispose()
    {
        // After a failure on the way nobody reads what the job writes any more: it would stand there until its wall time is up.
        if (!_isTold && _supervisor is { } supervisor)
        {
            supervisor.Stop(StopCause.HostLost);
            supervisor.LetGo();
        }

        _supervisor?.AwaitGone();
        attachment?.Disconnect();
        _supervisor?.Dispose();
        _uppers?.Dispose();
        _streams?.Dispose();
        _destinations?.Dispose();
        if (_cgroup is { } group)
            host.Cgroups.Return(group);
        _cores?.Dispose();
        _image?.Dispose();
        _stored?.Dispose();
    }

    private JobSpec Spec => _job.Spec;

    private CompiledPolicy Read(CancellationToken cancellationToken)
    {
        using (HostWatch.Enter("open the image"))
            _image = ImageDefaults.Open(ref _job, host);
        using (HostWatch.Enter("look at the host's files"))
        {
            OwnFolders.Check(Spec, host.OwnFolders);
            _job = _job with { Spec = UpperFolders.Resolve(Spec) };
        }

        var names = StoredName.Of(Spec);
        using (HostWatch.Enter("lease stored files"))
            _stored = names.Count == 0 ? null : host.Store.Lease(names, cancellationToken);
        using (HostWatch.Enter("read the policy"))
            return PolicyStore.Load(Spec);
    }

    private SandboxPlan Compile(CompiledPolicy policy)
    {
        using var step = HostWatch.Enter("look at the host's files");
        var context = Context();
        _uppers = host.NeedsDisk(Spec) ? UpperDisk.Make(host.StoreFolder, Spec, context) : null;
        var plan = JobResources.Compile(_job, policy, context with { UpperFolder = _uppers?.Path });
        _uppers?.HoldTo(plan);
        return plan;
    }

    private DiffBase? OpenHostFiles(SandboxPlan plan)
    {
        using var step = HostWatch.Enter("open the job's files");
        _destinations = OutputDestinations.Open(Spec);
        _streams = JobStreams.Open(Spec, _destinations, attachment?.Listener);
        return Spec.Diff is null ? null : DiffBase.Open(OverlayUpper.AllOf(plan));
    }

    // A job of real root has an id of its own, which has no right to root's control groups: it is let in.
    private bool Joins => leasedId is not null;

    // A lease is the host's choice of what the job may choose from; it wins.
    private CpuSet? Cpus => _cores?.Cpus ?? _job.Cpuset;

    // sched_setaffinity(2) and cpuset(7) would take the ones that are there and forget the rest.
    private void CheckCpuset()
    {
        if (_job.Cpuset is { } cpus && host.Topology.Problem(cpus) is { } problem)
            throw new SandboxException(problem) { Phase = "prepare", Step = "cpu affinity", Pointer = "/cpuset" };
    }

    private PlanContext Context() => PlanContext.OfThisProcess(leasedId) with
    {
        Cgroup = _cgroup?.Placement(Joins) ?? CgroupPlacement.None,
        LeasedCpus = _cores?.Cpus,
        SubIds = host.SubIdsOf(Spec, leasedId),
        Image = ImageDefaults.Layers(_image),
        Terminal = attachment?.Size ?? TerminalSize.Usual,
        SourcesMayHang = _mayHang,
        StoredFiles = _stored is null ? "" : host.Store.ObjectsFolder,
    };

    private IReadOnlyDictionary<string, Enforcement> Enforcement(ResourceLimits asked, HostRlimits ceilings, bool perf, JobWatch? watch = null) =>
        EnforcementReport.Build(asked, new()
        {
            PerfAvailable = perf,
            Ceilings = ceilings,
            UnseenTasks = watch?.UnseenTasks ?? 0,
            ClockLost = watch?.HasLostClock ?? false,
            SocketsSeen = watch?.SeesSockets ?? false,
            Sharing = watch?.SharingMeans ?? SharingMeans.None,
            Cgroup = CgroupHolds.Of(_cgroup),
            Cpus = Cpus,
            ChangesIds = _job.ChangesIds,
            UppersOnDisk = _uppers?.Path,
        });

    private SafeFileHandle Start(SandboxPlan plan, JobStreams streams)
    {
        using var bytes = MemFile.Create("plan\0"u8, PlanWriter.Write(plan));
        var extras = OpenExtras(plan.ExtraFiles);
        try
        {
            if (_cgroup is { } group)
                extras.AddRange(group.OpenDescriptors(Joins));
            if (plan.Flags.HasFlag(PlanFlags.ForeignIds))
                streams.GiveTo(plan.HostUid, plan.HostGid);
            var channel = host.Launcher.Start(bytes, [.. streams.JobEnds(), .. extras, .. _uppers?.Descriptors ?? []]);
            _uppers?.HandedOver();
            streams.HandedOver();
            return channel;
        }
        finally
        {
            foreach (var extra in extras)
                extra.Dispose();
        }
    }

    private static List<SafeFileHandle> OpenExtras(IReadOnlyList<ExtraFile> files)
    {
        using var step = HostWatch.Enter("open file");
        var handles = new List<SafeFileHandle>(files.Count);
        foreach (var file in files)
        {
            HostWatch.At(file.Path);
            handles.Add(SourceFile.OpenRegular(file.Path, file.Origin));
        }

        return handles;
    }
}
