using System.Diagnostics;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Host;
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
internal sealed class JobRun(ValidJob job, JobHost host, uint? leasedId) : IDisposable
{
    private readonly long _origin = Stopwatch.GetTimestamp();
    private readonly JobSpec _spec = job.Spec;
    private JobStreams? _streams;
    private Supervisor? _supervisor;
    private CoreLease? _cores;
    private JobCgroup? _cgroup;
    private StoreLease? _stored;

    /// <summary>Runs it to the end of its last process.</summary>
    /// <exception cref="SandboxException">It could not even be handed to the launcher.</exception>
    public JobResult Run(CancellationToken cancellationToken)
    {
        var policy = PolicyStore.Load(_spec.Seccomp);
        CheckCpuset();
        var names = StoredName.Of(_spec);
        if (names.Count > 0)
            _stored = host.Store.Lease(names, cancellationToken);
        _cores = host.LeaseCores(_spec.Limits, cancellationToken);
        _cgroup = host.Cgroups.Lease(new() { Limits = _spec.Limits, Cpus = Cpus, Network = _spec.Network });
        var plan = PlanCompiler.Compile(job, policy, Context());
        var ceilings = HostCeilings.Read();
        if (_spec.Require.Count > 0)
            EnforcementReport.Check(_spec.Require, Enforcement(ceilings, perf: false), CgroupHolds.Of(_cgroup));

        _streams = JobStreams.Open(_spec);
        var noise = new NoiseMeter(new HostFiles(), Cpus);
        _supervisor = new Supervisor(Start(plan, _streams), _streams, _spec, _cgroup);
        using (cancellationToken.UnsafeRegister(static state => ((Supervisor)state!).Stop(StopCause.Cancelled), _supervisor))
            _supervisor.RunToEnd();

        var ended = Stopwatch.GetTimestamp();
        var outputs = Collect(_supervisor, out var collectFailure);
        var collected = Stopwatch.GetTimestamp();
        _supervisor.LetGo();
        return new RunFacts
        {
            Job = job,
            Plan = plan,
            Policy = policy,
            Supervisor = _supervisor,
            Cgroup = _cgroup,
            Cpus = Cpus,
            Noise = noise,
            Streams = _streams,
            Outputs = outputs,
            CollectFailure = collectFailure,
            Enforcement = Enforcement(ceilings, _supervisor.HasCpuClock, _supervisor.Watch),
            Origin = _origin,
            EndedAt = ended,
            CollectedAt = collected,
            LetGoAt = Stopwatch.GetTimestamp(),
        }.ToResult();
    }

    /// <summary>
    /// Waits until pid 1 is gone too, and with it the namespaces. Nobody has to wait for that to read the result: every process of
    /// the job is dead and reaped before.
    /// </summary>
    public void Dispose()
    {
        _supervisor?.AwaitGone();
        _supervisor?.Dispose();
        _streams?.Dispose();
        if (_cgroup is { } group)
            host.Cgroups.Return(group);
        _cores?.Dispose();
        _stored?.Dispose();
    }

    // A job of real root has an id of its own, which has no right to root's control groups: it is let in.
    private bool Joins => leasedId is not null;

    // A lease is the host's choice of what the job may choose from; it wins.
    private CpuSet? Cpus => _cores?.Cpus ?? job.Cpuset;

    // sched_setaffinity(2) and cpuset(7) would take the ones that are there and forget the rest.
    private void CheckCpuset()
    {
        if (job.Cpuset is { } cpus && host.Topology.Problem(cpus) is { } problem)
            throw new SandboxException(problem) { Phase = "prepare", Step = "cpu affinity", Pointer = "/cpuset" };
    }

    private PlanContext Context() => PlanContext.OfThisProcess(leasedId) with
    {
        Cgroup = _cgroup?.Placement(Joins) ?? CgroupPlacement.None,
        LeasedCpus = _cores?.Cpus,
        StoredFiles = _stored is null ? "" : host.Store.ObjectsFolder,
    };

    private IReadOnlyDictionary<string, Enforcement> Enforcement(HostCeilings ceilings, bool perf, JobWatch? watch = null) =>
        EnforcementReport.Build(_spec.Limits, new()
        {
            PerfAvailable = perf,
            Ceilings = ceilings,
            UnseenTasks = watch?.UnseenTasks ?? 0,
            SocketsSeen = watch?.SeesSockets ?? false,
            Cgroup = CgroupHolds.Of(_cgroup),
            Cpus = Cpus,
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

    // The host's side may fail here (a destination that cannot be written); what the job did is reported all the same.
    private CollectedOutputs Collect(Supervisor supervisor, out SandboxException? failure)
    {
        failure = null;
        if (_spec.Outputs.Count == 0 || supervisor.Ended is null || supervisor.Root is not { } root)
            return CollectedOutputs.None;
        try
        {
            return new OutputCollector(root, OutputCollector.DevicesOf(supervisor.OwnFileSystems)).Collect(_spec.Outputs);
        }
        catch (SandboxException caught)
        {
            failure = caught;
            return CollectedOutputs.None;
        }
    }
}
