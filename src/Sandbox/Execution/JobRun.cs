using System.Diagnostics;
using Sandbox.Execution.Collect;
using Sandbox.Host;
using Sandbox.Jobs;
using Sandbox.Planning;
using Sandbox.Resources.Cores;
using Sandbox.Resources.Limits;

namespace Sandbox.Execution;

/// <summary>One job from a valid specification to its result: prepare, start, supervise, collect, judge, tear down.</summary>
internal sealed class JobRun(ValidJob job, JobHost host, JobAttachment? attachment, JobPresence? presence = null) : IDisposable
{
    private readonly long _origin = Stopwatch.GetTimestamp();
    private readonly JobPreparation _prepared = new(job, host, attachment) { Id = presence is { } seen ? () => seen.Id : null };
    private volatile Supervisor? _supervisor;
    private bool _isTold;

    /// <summary>Its launcher or its pid 1 was killed before anything of the job ran, and nothing of what the caller has for it is used up: it can have others.</summary>
    public bool CanRunAgain { get; private set; }

    /// <summary>The job was handed to the launcher. From any thread.</summary>
    public bool HasStarted => _supervisor is not null;

    /// <summary>Runs it to the end of its last process.</summary>
    /// <param name="paths">What it needs of the host's files.</param>
    /// <param name="cancellationToken">Kills the job's whole tree.</param>
    /// <exception cref="SandboxException">It could not even be handed to the launcher.</exception>
    public JobResult Run(IReadOnlyList<NamedPath> paths, CancellationToken cancellationToken)
    {
        _prepared.Acquire(paths, cancellationToken);
        using var overlays = _prepared.OpenFiles();
        var spec = _prepared.Job.Spec;
        cancellationToken.ThrowIfCancellationRequested();
        var draft = _prepared.Draft;
        var noise = new NoiseMeter(new HostFiles(), draft.Cpus);
        var channel = new JobChannel(_prepared.Start(cancellationToken));
        _supervisor = new Supervisor(channel, new JobReports(channel), _prepared.Streams, draft, _prepared.Launcher!, _prepared.Barrier())
        {
            Events = attachment?.Events,
            PortsOpened = attachment?.PortsOpened,
            WhenLasting = host.OnLasting,
            WayOf = started => Proxies.WayOf(_prepared.Plan, started),
        };
        presence?.Connect(_prepared, _supervisor);
        attachment?.Connect(_supervisor);
        if (host.StartsEarly)
        {
            // While pid 1 sets the job up.
            KeptBeginning.Keep(_prepared.Plan);
        }

        using (cancellationToken.UnsafeRegister(static state => ((Supervisor)state!).Stop(StopCause.Cancelled), _supervisor))
        {
            _supervisor.RunToEnd();
        }

        CanRunAgain = _supervisor.WasLostUntold && !_prepared.HasBegun && JobRetry.IsFor(spec, attachment);
        if (host.ExpectsNoMore && !CanRunAgain)
        {
            _prepared.Launcher!.ExpectNoMore();
        }

        var ended = Stopwatch.GetTimestamp();
        if (attachment is not null)
        {
            attachment.EndedAt = EndOf(spec, _supervisor, ended);
        }

        var events = _supervisor.Reports.Started is null ? null : attachment?.Events;
        events?.Ended(ended);
        var collection = new OutputCollection(spec, _prepared.Plan, _supervisor, _prepared.Destinations, cancellationToken);
        collection.Run(overlays);
        var collected = Stopwatch.GetTimestamp();
        events?.Collected(collected);
        _supervisor.LetGo();
        var result = new RunFacts
        {
            Plan = _prepared.Plan,
            Policy = _prepared.Policy,
            Supervisor = _supervisor,
            Draft = draft,
            Noise = noise,
            Streams = _prepared.Streams,
            Collection = collection,
            Enforcement = _prepared.Enforcement(_supervisor.Reports.Clock is not null, _supervisor.Watch),
            Origin = _origin,
            EndedAt = ended,
            CollectedAt = collected,
            LetGoAt = Stopwatch.GetTimestamp(),
        }.ToResult();
        _isTold = true;

        // Whoever reads the result may remove what nothing of the job reads or writes any more.
        _prepared.Draft.Reservations.ForEach(static reservation => reservation.Dispose());

        // Whoever reads the result may look at the changes, or give them to the next job.
        if (spec.Mounts.Any(mount => mount is OverlayMount { Upper: not null }))
        {
            _supervisor.AwaitGone();
        }

        return result;
    }

    /// <summary>
    /// Waits until pid 1 is gone too, and with it the namespaces. Nobody has to wait for that to read the result: every process of
    /// the job is dead and reaped before.
    /// </summary>
    public void Dispose() => End(static attachment => attachment.Disconnect());

    /// <summary>The same, for a job that runs again: what its caller says meanwhile is kept for it.</summary>
    public void GiveBack() => End(static attachment => attachment.Pause());

    private void End(Action<JobAttachment> leave)
    {
        // After a failure on the way nobody reads what the job writes any more: it would stand there until its wall time is up.
        if (!_isTold && _supervisor is { } supervisor)
        {
            supervisor.Stop(StopCause.HostLost);
            supervisor.LetGo();
        }

        _supervisor?.AwaitGone();
        if (attachment is not null)
        {
            leave(attachment);
        }

        presence?.Disconnect();
        _supervisor?.Dispose();
        _prepared.Dispose();
    }

    // What others of the same job see of its end comes after this, whenever a thread here gets to hear of it.
    private static long EndOf(JobSpec spec, Supervisor supervisor, long heard)
    {
        var started = supervisor.Reports.Started is { } report ? (long)report.Stamps[ReportStamps.Started] : 0;
        return supervisor switch
        {
            { Cause: StopCause.WallTime } when spec.Limits.WallTime is { } limit && started > 0 => Math.Min(started + (limit.Ticks * 100), heard),
            { StoppedAt: > 0 } => supervisor.StoppedAt,
            { Reports.Ended: { } ended } when started > 0 => Math.Min(started + (long)ended.WallNanoseconds, heard),
            _ => heard,
        };
    }
}
