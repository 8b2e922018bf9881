using System.Diagnostics;
using System.Text;
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
    private Supervisor? _supervisor;
    private CoreLease? _cores;
    private JobCgroup? _cgroup;
    private StoreLease? _stored;
    private bool _isTold;

    /// <summary>Runs it to the end of its last process.</summary>
    /// <exception cref="SandboxException">It could not even be handed to the launcher.</exception>
    public JobResult Run(CancellationToken cancellationToken)
    {
        _image = ImageDefaults.Open(ref _job, host);
        var asked = Spec.Limits;
        var ceilings = HostRlimits.Read();
        _job = _job with { Spec = Spec with { Limits = ceilings.Clamp(asked) } };
        var policy = PolicyStore.Load(Spec);
        CheckCpuset();
        OwnFolders.Check(Spec, host.OwnFolders);
        _job = _job with { Spec = UpperFolders.Resolve(Spec) };
        var names = StoredName.Of(Spec);
        if (names.Count > 0)
            _stored = host.Store.Lease(names, cancellationToken);
        _cores = host.LeaseCores(Spec.Limits, cancellationToken);
        _cgroup = host.Cgroups.Lease(new() { Limits = Spec.Limits with { Processes = asked.Processes }, Cpus = Cpus, Network = Spec.Network });
        var plan = PlanCompiler.Compile(_job, policy, Context());
        if (Spec.Require.Count > 0)
            EnforcementReport.Check(Spec.Require, Enforcement(asked, ceilings, perf: false), CgroupHolds.Of(_cgroup));

        using var overlays = Spec.Diff is null ? null : DiffBase.Open(OverlayUpper.AllOf(plan));
        _destinations = OutputDestinations.Open(Spec);
        _streams = JobStreams.Open(Spec, _destinations);
        var noise = new NoiseMeter(new HostFiles(), Cpus);
        _supervisor = new Supervisor(Start(plan, _streams), _streams, Spec, _cgroup);
        attachment?.Connect(_supervisor);
        using (cancellationToken.UnsafeRegister(static state => ((Supervisor)state!).Stop(StopCause.Cancelled), _supervisor))
            _supervisor.RunToEnd();

        var ended = Stopwatch.GetTimestamp();
        var collection = new OutputCollection(Spec, _supervisor, _destinations, cancellationToken);
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
            Cpus = Cpus,
            Noise = noise,
            Streams = _streams,
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
        _streams?.Dispose();
        _destinations?.Dispose();
        if (_cgroup is { } group)
            host.Cgroups.Return(group);
        _cores?.Dispose();
        _image?.Dispose();
        _stored?.Dispose();
    }

    private JobSpec Spec => _job.Spec;

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
            ChangesIds = Spec.ChangesIds,
        });

    private SafeFileHandle Start(SandboxPlan plan, JobStreams streams)
    {
        using var bytes = MemFile.Create("plan\0"u8, PlanWriter.Write(plan));
        var extras = OpenExtras(plan.ExtraFiles);
        try
        {
            if (_cgroup is { } group)
                extras.AddRange(group.OpenDescriptors(Joins));
            var channel = host.Launcher.Start(bytes, [.. streams.JobEnds(), .. extras]);
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
        var handles = new List<SafeFileHandle>(files.Count);
        foreach (var file in files)
        {
            var error = Libc.OpenForReading(Encoding.UTF8.GetBytes(file.Path + '\0'), out var handle);
            handles.Add(handle);
            if (error < 0)
                throw new SandboxException("cannot read a file for the job")
                {
                    Phase = "prepare",
                    Step = "open file",
                    Path = file.Path,
                    Errno = Errno.Name(-error),
                    Pointer = file.Origin,
                };
        }

        return handles;
    }
}
