using System.Text.Json;
using Sandbox.Execution;
using Sandbox.Jobs;
using Sandbox.Planning;

namespace Sandbox;

/// <summary>A sandbox that a <see cref="SandboxRunner"/> has now, for whoever looks after all of them: from <see cref="SandboxRunner.ListRunning"/>. Members may be used from many threads.</summary>
public sealed class RunningSandbox
{
    private readonly JobPresence _job;

    internal RunningSandbox(JobPresence job) => _job = job;

    /// <summary>A name that no other run has: where the job has a <see cref="SandboxJob"/>, the same as <see cref="SandboxJob.Id"/>.</summary>
    public string Id => _job.Id;

    /// <summary>The job as it was asked for.</summary>
    public JobSpec Job => _job.Spec;

    /// <summary>Where it stands.</summary>
    public SandboxState State => _job.State;

    /// <summary>When the runner took it on.</summary>
    public DateTimeOffset CreatedAt => _job.CreatedAt;

    /// <summary>When it executed its program; null before.</summary>
    public DateTimeOffset? StartedAt => _job.StartedAt;

    /// <summary>The job's first process, by its number in the pid namespace of the runner; null before the start and after the end, and where /proc does not tell.</summary>
    public int? Pid => _job.Pid;

    /// <inheritdoc cref="SandboxJob.Usage"/>
    public JobUsage? Usage => _job.Usage;

    /// <inheritdoc cref="SandboxJob.WatchUsage"/>
    public void WatchUsage(TimeSpan time) => _job.WatchUsage(time);

    /// <summary>Passes a signal on to the job's first process, as it was sent (signal(7)).</summary>
    /// <param name="number">Its number, neither SIGKILL nor SIGSTOP: <see cref="Kill"/> ends a job, <see cref="Pause"/> stops it.</param>
    /// <returns>False if there is no such process, yet or any more.</returns>
    /// <exception cref="ArgumentOutOfRangeException">It is no signal that a process can handle.</exception>
    public bool Signal(int number) => _job.Signal(number);

    /// <summary>Ends every process of the job; its result then says <see cref="Verdict.Cancelled"/>, unless it was over. Does not wait for that.</summary>
    public void Kill() => _job.Kill();

    /// <summary>
    /// Stops every task of the job, until <see cref="Resume"/>; its time limits go on, and reach it. Needs a control group of version 2 for the job (Linux 5.2,
    /// cgroup-v2.rst, "cgroup.freeze"). Returns when all have come to a stop, which takes 5 s at most.
    /// </summary>
    /// <exception cref="SandboxException">The job does not run, has no such group, or does not come to a stop; it goes on then.</exception>
    public void Pause() => _job.Freeze(stops: true);

    /// <summary>Lets them go on.</summary>
    /// <exception cref="SandboxException">The job does not run, or has no such group.</exception>
    public void Resume() => _job.Freeze(stops: false);

    /// <summary>
    /// Starts a command in the sandbox, beside the job: in all of its namespaces and control groups, with its ids, limits of processes, Landlock rules and filter, and nothing of this
    /// process. It has a Landlock domain of its own: where these keep signals apart (Linux 6.12), it and the job send each other none.
    /// </summary>
    /// <param name="entry">The command.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no command, or the terminal has no size.</exception>
    /// <exception cref="SandboxException">The job does not run, or it cannot be asked for.</exception>
    public EnteredProcess Enter(SandboxEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentOutOfRangeException.ThrowIfZero(entry.Command.Count, nameof(entry));
        if (entry.Terminal && (entry.Rows is < 1 or > ushort.MaxValue || entry.Columns is < 1 or > ushort.MaxValue))
        {
            throw new ArgumentOutOfRangeException(nameof(entry), "a terminal has 1 to 65535 rows and columns");
        }

        return _job.Look((prepared, supervisor) => Entrance.Open(prepared, supervisor, entry)) ?? throw new SandboxException("the job does not run") { Operation = Operation.EnterJob };
    }

    /// <summary>Waits for the result, also of a job that is over.</summary>
    /// <param name="cancellationToken">Ends the waiting and nothing else.</param>
    public Task<JobResult> WaitAsync(CancellationToken cancellationToken = default) => _job.Result.WaitAsync(cancellationToken);

    /// <summary>
    /// Writes what it really is, as members of an object that was begun: <c>job</c>, <c>plan</c> (its lines), <c>enforcement</c> and <c>isolation</c> as results have
    /// them, and <c>namespaces</c> as <c>ls -l /proc/PID/ns</c> shows them. What is not known before the start is null.
    /// </summary>
    /// <param name="json">Where to.</param>
    public void WriteInspection(Utf8JsonWriter json)
    {
        ArgumentNullException.ThrowIfNull(json);
        var found = _job.Look(static (prepared, supervisor) => Inspection.Of(prepared, supervisor));
        json.WritePropertyName("job");
        JobWriter.WriteObject(json, WithoutLive(Job));
        if (found is null)
        {
            json.WriteNull("plan");
            json.WriteNull("enforcement");
            json.WriteNull("isolation");
            json.WriteNull("namespaces");
            return;
        }

        ResultWriter.WriteTexts(json, "plan", found.Plan.TrimEnd('\n').Split('\n'));
        ProofWriter.WriteEnforcement(json, found.Enforcement);
        ProofWriter.WriteIsolation(json, found.Isolation);
        WriteNamespaces(json, found.Isolation);
    }

    // These have no form in a file; to whoever looks, streams of the caller stand for them, or nothing.
    private static JobSpec WithoutLive(JobSpec job) => job with
    {
        Start = StartDetails.Usual,
        Outputs = [.. job.Outputs.Where(static output => output.To != OutputSpec.Memory)],
        Stdin = job.Stdin is LiveStdin ? Stdin.Inherit : job.Stdin,
        Stdout = job.Stdout is LiveStream ? OutputStream.Inherit : job.Stdout,
        Stderr = job.Stderr is LiveStream ? OutputStream.Inherit : job.Stderr,
    };

    // procfs writes the links so (proc(5), /proc/PID/ns).
    private static void WriteNamespaces(Utf8JsonWriter json, IsolationReport? isolation)
    {
        if (isolation is null)
        {
            json.WriteNull("namespaces");
            return;
        }

        json.WriteStartObject("namespaces");
        foreach (var (name, inode) in isolation.Namespaces)
        {
            json.WriteString(name, $"{name}:[{inode}]");
        }

        json.WriteEndObject();
    }

    private sealed record Inspection(string Plan, IReadOnlyDictionary<string, Enforcement> Enforcement, IsolationReport? Isolation)
    {
        public static Inspection Of(JobPreparation prepared, Supervisor supervisor) => new(
            PlanPrinter.Print(prepared.ToFacts()),
            supervisor.HasStarted ? prepared.Enforcement(supervisor.Reports.Clock is not null, supervisor.Watch) : prepared.Expected(),
            supervisor.HasStarted ? IsolationFacts.Of(supervisor.Reports.Started!.Value, prepared.Plan, prepared.Policy, prepared.Draft) : null);
    }
}
