using Microsoft.Win32.SafeHandles;
using Sandbox.Execution.Collect;
using Sandbox.Execution.Streams;
using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Jobs;
using Sandbox.Planning;
using Sandbox.Policies;
using Sandbox.Resources;
using Sandbox.Resources.Limits;

namespace Sandbox.Execution;

/// <summary>
/// All that a job needs before it can be handed to the launcher: acquired, compiled, checked and opened. <c>sandbox plan</c> prints it and
/// gives it back, a run goes on with it; so what keeps a job from starting keeps its plan from being printed, in the same words.
/// </summary>
internal sealed class JobPreparation(ValidJob job, JobHost host, JobAttachment? attachment) : IDisposable
{
    private readonly LeaseStack _taken = new();
    private readonly List<Lease> _leases = [];
    private readonly List<SafeFileHandle> _extras = [];
    private JobDraft _draft = null!;
    private SafeFileHandle? _plan;

    /// <summary>The name of its run; null where it has none.</summary>
    public Func<string>? Id { get; init; }

    /// <summary>It is for its plan alone, so that nothing is made for it.</summary>
    public bool IsForPlan { get; init; }

    /// <summary>The job, with what its image says where it says nothing itself, and with no more than this host may give.</summary>
    public ValidJob Job => _draft.Job;

    /// <summary>What its resources have made of it.</summary>
    public JobDraft Draft => _draft;

    /// <summary>What the launcher is asked for.</summary>
    public SandboxPlan Plan { get; private set; } = null!;

    /// <summary>The filter.</summary>
    public CompiledPolicy Policy { get; private set; } = null!;

    /// <summary>Who has it; null before it is started.</summary>
    public Launcher? Launcher { get; private set; }

    /// <summary>Its standard streams, once its files are opened.</summary>
    public JobStreams Streams { get; private set; } = null!;

    /// <summary>Where its outputs go, once its files are opened.</summary>
    public OutputDestinations Destinations { get; private set; } = null!;

    /// <summary>Takes possession of what the job needs, and makes its plan.</summary>
    /// <param name="paths">What it needs of the host's files.</param>
    /// <param name="cancellationToken">Ends the waiting for what others have.</param>
    /// <exception cref="InvalidJobException">It cannot be a job, which only shows in its image or its mounts.</exception>
    /// <exception cref="SandboxException">This host cannot give it what it needs.</exception>
    public void Acquire(IReadOnlyList<NamedPath> paths, CancellationToken cancellationToken)
    {
        _draft = new JobDraft(job, PlanContext.OfThisProcess(leasedId: null) with
        {
            SourcesMayHang = LookAhead.AtFar(paths, host.LauncherPath),
            Terminal = attachment?.Size ?? TerminalSize.Usual,
            Hidden = Hidden(),
        })
        {
            Files = attachment?.Files,
            Id = Id,
            IsForPlan = IsForPlan,
        };
        Check();
        foreach (var resource in host.Given)
        {
            if (resource(_draft, host.Shared, cancellationToken) is { } lease)
            {
                _taken.Add(lease);
                _leases.Add(lease);
                _draft.Take(lease);
            }
        }

        Compile();
        if (Job.Spec.Require.Count > 0)
        {
            RequireCheck.Check([.. Job.Spec.Require.Select(limit => LimitTable.NameOf(limit)!)], Expected(), Facts().Cgroup);
        }
    }

    /// <summary>Opens what the job reads and writes on the host.</summary>
    /// <returns>What its changes are compared with; null if nobody asks for them.</returns>
    /// <exception cref="SandboxException">Something cannot be opened.</exception>
    public DiffBase? OpenFiles() => OpenFiles(Job.Spec);

    /// <summary>Opens it to see whether it can be, and lets go of it at once; nothing is made, and nothing of a FIFO or device is taken from the job.</summary>
    /// <exception cref="SandboxException">Something cannot be opened.</exception>
    public void CheckFiles()
    {
        var spec = Job.Spec;
        var isTakenByLooking = spec.Stdin is ContentStdin { Content: FileContent input } && new LiveHostTree().Resolved(input.Path) == HostEntryKind.Special;
        OpenFiles(spec with
        {
            Stdin = isTakenByLooking || spec.Stdin is PipeStdin ? Stdin.Null : spec.Stdin,
            Stdout = spec.Stdout is FileOutput or PipeOutput ? OutputStream.Discard : spec.Stdout,
            Stderr = spec.Stderr is FileOutput or PipeOutput ? OutputStream.Discard : spec.Stderr,
            Descriptors = [],
        })?.Dispose();
    }

    /// <summary>Hands the job to the launcher.</summary>
    /// <param name="cancellationToken">Ends the waiting for a launcher that has been stopped.</param>
    /// <returns>The channel on which the launcher tells what becomes of it.</returns>
    /// <exception cref="SandboxException">It cannot be handed over.</exception>
    public SafeFileHandle Start(CancellationToken cancellationToken)
    {
        _plan = MemFile.Create("plan\0"u8, PlanWriter.Write(Plan));
        if (Plan.Flags.HasFlag(PlanFlags.ForeignIds))
        {
            Streams.GiveTo(Plan.HostUid, Plan.HostGid);
        }

        // In the order in which the plan counts them (native/README.md, "The descriptors").
        var descriptors = new List<SafeFileHandle>(8);
        descriptors.AddRange(Streams.JobEnds());
        descriptors.AddRange(_extras);
        foreach (var lease in _leases)
        {
            descriptors.AddRange(lease.Descriptors);
        }

        descriptors.AddRange(Streams.Pipes);

        Launcher = host.Choose();
        var channel = Launcher.Start(_plan, [.. descriptors], cancellationToken);
        foreach (var lease in _leases)
        {
            lease.HandedOver();
        }

        Streams.HandedOver();
        CloseExtras();
        return channel;
    }

    /// <summary>Whether anything of it may have run. Pid 1 moves the offset of the plan's open file description, which is ours as well, before it makes the job's first process.</summary>
    public bool HasBegun => Libc.Tell(_plan!) != 0;

    /// <summary>The host's part of setting it up; null if it has none.</summary>
    public SetupBarrier? Barrier()
    {
        List<BarrierPart>? parts = null;
        foreach (var lease in _leases)
        {
            if (lease.OnBarrier is { } part)
            {
                (parts ??= []).Add(part);
            }
        }

        return parts is null ? null : new SetupBarrier(parts, host.BarrierTime, TimeProvider.System);
    }

    /// <summary>What is to hold each limit, before the job runs.</summary>
    public IReadOnlyDictionary<string, Enforcement> Expected() =>
        EnforcementReport.Build(_draft.Asked, Facts() with { PerfAvailable = EnforcementFacts.MayHavePerf(), Sharing = MemorySharing.Expected() });

    /// <summary>What held each limit of a job that ran.</summary>
    public IReadOnlyDictionary<string, Enforcement> Enforcement(bool perf, JobWatch? watch) => EnforcementReport.Build(_draft.Asked, Facts() with
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
        Job = Job.Spec,
        Plan = Plan,
        Policy = Policy,
        Enforcement = Expected(),
        Cgroups = host.Shared.Cgroups.Place.Why,
    };

    /// <summary>Gives back what was acquired, the last first. Nothing of the job may be left.</summary>
    public void Dispose()
    {
        CloseExtras();
        _plan?.Dispose();
        _taken.Dispose();
        if (Launcher is { } launcher)
        {
            Launcher = null;
            host.Return(launcher);
        }
    }

    // To look for sockets of others costs a job more than it is worth that names no directory of the host and is shown only the system's.
    private IReadOnlyList<HiddenPlace> Hidden()
    {
        using var step = HostWatch.Enter(Operation.LookAtFiles);
        var spec = job.Spec;
        return spec.Rootfs is DirectoryRootfs || spec.Devices.Count > 0 || spec.Mounts.Any(static mount => mount is BindMount or OverlayMount { Upper: not null })
            ? SharedPlaces.Hide(spec, host.Shared.Hidden, host.Shared.VolumesDirectory, IsForPlan ? null : _taken.Add)
            : HiddenPlace.Of(host.Shared.HiddenInSystem, new());
    }

    // Before anything is taken: nobody waits for cores with a job that cannot be.
    private void Check()
    {
        using (HostWatch.Enter(Operation.LookAtFiles))
        {
            OwnDirectories.Check(Job.Spec, host.Shared.OwnDirectories, host.Shared.Hidden);
            OwnDirectories.CheckVolumes(Job.Spec, host.Shared.VolumesDirectory);
        }

        // sched_setaffinity(2) and cpuset(7) would take the ones that are there and forget the rest.
        if (Job.Cpuset is { } cpus && host.Shared.Topology.Problem(cpus) is { } problem)
        {
            throw new SandboxException(problem) { Operation = Operation.ChooseProcessors, Pointer = "/cpuset" };
        }

        using (HostWatch.Enter(Operation.ReadPolicy))
        {
            Policy = PolicyStore.Load(Job.Spec);
        }
    }

    private void Compile()
    {
        using var step = HostWatch.Enter(Operation.LookAtFiles);
        _draft.Job = Job with { Spec = UpperDirectories.Resolve(Job.Spec) };
        Plan = PlanCompiler.Compile(Job, Policy, _draft.Context);
        _draft.Uppers?.HoldTo(Plan);
    }

    private EnforcementFacts Facts()
    {
        var facts = _draft.Facts();
        foreach (var lease in _leases)
        {
            facts = lease.Holds(facts);
        }

        return facts;
    }

    private DiffBase? OpenFiles(JobSpec spec)
    {
        using (HostWatch.Enter(Operation.OpenJobFiles))
        {
            _taken.Add(Destinations = OutputDestinations.Open(Job.Spec));
            _taken.Add(Streams = JobStreams.Open(spec, Destinations, attachment));
        }

        using (HostWatch.Enter(Operation.OpenFile))
        {
            OpenExtras();
        }

        using (HostWatch.Enter(Operation.OpenJobFiles))
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
