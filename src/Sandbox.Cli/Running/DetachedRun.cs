using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Sandbox.Cli.Interop;
using Sandbox.Cli.Run;
using Sandbox.Running;

namespace Sandbox.Cli.Running;

/// <summary>The process that has a detached job: it keeps what the job writes, answers whoever asks about it, and goes when the job is over.</summary>
/// <param name="arguments">Those of <c>sandbox run</c>.</param>
/// <param name="request">What they ask for.</param>
internal sealed class DetachedRun(IReadOnlyList<string> arguments, RunRequest request)
{
    private const int Terminate = 15;
    private const long UsualLogBytes = 1 << 20;

    // Names are given in less than that, unless somebody holds the lock who should not.
    private static readonly TimeSpan s_untilNamed = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_nap = TimeSpan.FromMilliseconds(5);

    private static readonly SafeFileHandle s_output = new(1, ownsHandle: false);

    /// <summary>Runs the job, and tells whoever started this process how it began.</summary>
    public static int Run(string[] arguments)
    {
        BackgroundProcess.LeaveSession();
        var status = RunStatus.Sandbox;
        if (RunRequest.Read(RunArguments.Parse(arguments), JobSource.CurrentDirectory(), Environment.GetEnvironmentVariable, out var problems) is { } request)
        {
            status = LastResort.Run(new DetachedRun(arguments, request).Run, RunStatus.Sandbox);
        }

        problems.ForEach(Diagnostics.Write);
        if (status != ExitStatus.Ok)
        {
            _ = Descriptors.Write(s_output, DetachedStart.NotStarted(status));
        }

        return status;
    }

    // 0 once the job has started, whatever became of it then: nobody waits for this process.
    private int Run()
    {
        foreach (var remark in request.Remarks)
        {
            Diagnostics.Write(remark);
        }

        using var output = ResultOutput.Open(request.ResultFile);
        if (output is null)
        {
            return RunStatus.Sandbox;
        }

        try
        {
            var directory = RunDirectory.Make(Environment.GetEnvironmentVariable);
            KeptRuns.Bound(directory);
            var place = KeptRuns.NewPlace(directory);
            Directory.CreateDirectory(place, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            using var export = OtlpExport.StartIfAsked();
            return new Having(this, directory, place, output).Run();
        }
        catch (IOException failure)
        {
            Diagnostics.Write("--detach: " + failure.Message);
            return RunStatus.Sandbox;
        }
    }

    // A pause between the job's start and that of the socket would be one in which nobody finds it, and the name could be given twice.
    private sealed class Having(DetachedRun run, RunDirectory directory, string place, ResultOutput output)
    {
        private readonly RunRequest _request = run.Request;
        private readonly FileStream _held = KeptRun.Hold(place);
        private string _place = place;

        public int Run()
        {
            using var held = _held;
            using var log = RunLog.Create(_place, _request.LogBytes ?? UsualLogBytes);
            using var runner = new SandboxRunner(new() { Cgroup = _request.Cgroup, LeasedCpus = _request.LeaseCores });
            using var socket = HostSocket.Open(directory, new() { List = runner.ListRunning, Host = "detached", Log = log });
            using var nothing = Descriptors.OpenNull(2 /* O_RDWR */);
            var job = Begin(runner, log, nothing);
            if (job is null)
            {
                KeptRun.Remove(_place);
                return RunStatus.Sandbox;
            }

            using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Pass(context, job));
            using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Pass(context, job));
            using var hungUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, static context => context.Cancel = true);
            Keep(job.Id, log);
            var hasStarted = HasStarted(job);
            if (hasStarted)
            {
                _ = Descriptors.Write(s_output, DetachedStart.Started(job.Id));
                Descriptors.Cover(3);
                Directory.SetCurrentDirectory("/");
            }

            var result = job.WaitAsync().Now();
            log.Dispose(); // whoever follows it hears that first
            return Finish(result, hasStarted);
        }

        private SandboxJob? Begin(SandboxRunner runner, RunLog log, SafeFileHandle nothing)
        {
            Task<SandboxJob> starting;
            using (var held = HoldNames())
            {
                if (_request.Job.Name is { } name && RunningSandboxes.Look(directory).Named(name) is [var other, ..])
                {
                    Diagnostics.Write($"--name {DisplayText.Quote(name)}: a sandbox of that name runs already: {other.Row.Id}");
                    return null;
                }

                // The lock is for the name, not for all that a start may wait for.
                starting = runner.StartWatchedAsync(_request.Job, log.Write, new InheritedStreams(nothing, nothing, nothing));
                while (!starting.IsCompleted && runner.ListRunning().Count == 0)
                {
                    Thread.Sleep(s_nap);
                }
            }

            try
            {
                return starting.Now();
            }
            catch (InvalidJobException invalid)
            {
                foreach (var problem in _request.Translate(invalid))
                {
                    Diagnostics.Write(problem);
                }

                return null;
            }
        }

        private FileStream HoldNames()
        {
            var since = TimeProvider.System.GetTimestamp();
            while (true)
            {
                try
                {
                    return new FileStream(directory.NameLock, new FileStreamOptions
                    {
                        Mode = FileMode.OpenOrCreate,
                        Access = FileAccess.ReadWrite,
                        Share = FileShare.None,
                        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                    });
                }
                catch (IOException) when (TimeProvider.System.GetElapsedTime(since) < s_untilNamed)
                {
                    Thread.Sleep(s_nap);
                }
            }
        }

        private void Keep(string id, RunLog log)
        {
            new KeptRun
            {
                Id = id,
                Name = _request.Job.Name,
                Program = Environment.ProcessPath ?? "sandbox",
                Arguments = run.Arguments,
                Directory = JobSource.CurrentDirectory(),
                Command = _request.Job.Command,
                CreatedAt = TimeProvider.System.GetUtcNow(),
                HostPid = Environment.ProcessId,
            }.Write(_place);
            var kept = $"{directory.Runs}/{id}";
            Directory.Move(_place, kept);
            _place = kept;
            log.Moved(kept);
        }

        private static bool HasStarted(SandboxJob job)
        {
            foreach (var moment in job.Events.ToBlockingEnumerable())
            {
                if (moment.Kind is JobEventKind.Started or JobEventKind.Completed)
                {
                    PortReport.Tell(moment.Ports);
                    return moment.Kind == JobEventKind.Started;
                }
            }

            return false;
        }

        private int Finish(JobResult result, bool hasStarted)
        {
            var isWritten = _request.ResultFile is null || output.Write(result, pretty: false);
            if (!hasStarted)
            {
                foreach (var line in RunReport.Lines(result, _request))
                {
                    Diagnostics.Write(line);
                }

                KeptRun.Remove(_place);
                return RunStatus.Of(result, 0) is var status and not ExitStatus.Ok ? status : RunStatus.Sandbox;
            }

            if (_request.IsForgotten)
            {
                KeptRun.Remove(_place);
                return ExitStatus.Ok;
            }

            KeptRun.End(_place, RunEnding.Of(result));
            _held.Dispose();
            KeptRuns.Bound(directory);
            return isWritten ? ExitStatus.Ok : RunStatus.Sandbox;
        }

        private static void Pass(PosixSignalContext context, SandboxJob job)
        {
            context.Cancel = true;
            _ = job.Signal(Terminate);
        }
    }

    private RunRequest Request => request;

    private IReadOnlyList<string> Arguments => arguments;
}
