namespace Sandbox.Cli;

/// <summary><c>sandbox exec</c>: the path that must be short.</summary>
internal static class ExecCommand
{
    public static Command Command { get; } = new()
    {
        Name = "exec",
        Arguments = "JOB.json...",
        ArgumentKind = ValueKind.JsonFile,
        Fewest = 1,
        Most = int.MaxValue,
        Question = "which job?",
        Summary = "Run a job file and print its result as JSON",
        Details = """
            JOB.json is a job file; "-" reads it from stdin. Several jobs run one after the other, and each result is one line; none of
            them is started unless all of them are valid. The exit status is the largest that one of them alone would have.
            """,
        Statuses =
        [
            new("0", "the verdict is \"ok\""),
            new("1", "the job ran, and the verdict is another one"),
            new("2", "the usage is wrong or the job is invalid, and nothing was started"),
            new("3", "the sandbox failed: the verdict is \"setup-error\" or \"internal-error\", or a server that was asked for does not answer or was lost"),
        ],
        Options =
        [
            new() { Name = "result", Value = "FILE", Kind = ValueKind.File, Help = "write the result to FILE instead of stdout" },
            new() { Name = "pretty", Help = "indent the result" },
            CommandOption.Server,
            CommandOption.Cgroup,
            CommandOption.LeaseCores,
        ],
        Examples = ["sandbox exec --pretty job.json", "sandbox exec --result result.json job.json", "make-job | sandbox exec -", "sandbox exec tests/*.json > results.jsonl"],
        Run = Execute,
    };

    private static int Execute(CommandArguments arguments)
    {
        var (files, result, pretty) = (arguments.Words, arguments.Value("result"), arguments.Has("pretty"));
        if (result is not null && files.Count > 1)
        {
            Diagnostics.Write("exec: --result is for one job; the results of several jobs go to stdout, one on each line");
            return ExitStatus.Usage;
        }

#if !EARLY_START
        // The published program has handed the job over before it came here, or found that it is to run it by itself (native/early-start).
        if (arguments.Value("server") is not (null or "none"))
        {
            Diagnostics.Write("exec: --server: only the published program can hand jobs over");
            return ExitStatus.Sandbox;
        }

#endif
        if (result is null && StandardStreams.OutputProblem() is { } problem)
        {
            Diagnostics.Write("the result could not be written to stdout: " + problem);
            return ExitStatus.Sandbox;
        }

        if (Read(files, result, pretty, out var jobs) is var status and not ExitStatus.Ok)
        {
            return status;
        }

        using var output = ResultOutput.Open(result);
        return output is null
            ? ExitStatus.Usage
            : Execute(jobs, new() { Cgroup = arguments.Value("cgroup"), LeasedCpus = arguments.Value("lease-cores") }, outcome => output.Write(outcome, pretty));
    }

    // All are looked at before the first is started: status 2 means that nothing was.
    private static int Read(IReadOnlyList<string> files, string? result, bool pretty, out List<(JobSource Source, JobDocument Job)> jobs)
    {
        jobs = [];
        var status = ExitStatus.Ok;
        foreach (var file in files)
        {
            if (JobSource.Read(file) is not { } source)
            {
                status = Math.Max(status, ExitStatus.Usage);
                continue;
            }

            try
            {
                var job = source.Parse();
                jobs.Add((source, job));
                status = Math.Max(status, job.Parts().All(part => IsUsable(part.Job, source, result)) ? ExitStatus.Ok : ExitStatus.Usage);
            }
            catch (InvalidJobException invalid)
            {
                // Nothing was started; a program that drives this one does not have to read words.
                var refusal = JobResult.Of(source.Tell(invalid), null);
                using var output = ResultOutput.Open(result);
                status = output is null || output.Write(refusal, pretty) ? Math.Max(status, ExitStatus.Usage) : ExitStatus.Sandbox;
            }
        }

        if (status != ExitStatus.Ok && files.Count > 1)
        {
            Diagnostics.Write("none of the jobs was started");
        }

        return status;
    }

    private static int Execute(List<(JobSource Source, JobDocument Job)> jobs, SandboxOptions options, Func<DocumentResult, bool> write)
    {
        using var session = new JobSession(options, "exec");

        // Until the result is written, and beyond: a signal must never cost it. What has not started by then is cancelled too.
        var cancellation = Interruption.Listen();
        var worst = ExitStatus.Ok;
        for (var index = 0; index < jobs.Count; index++)
        {
            var (source, job) = jobs[index];
            session.IsLast = index == jobs.Count - 1;
            var outcome = source.Relate(session.Run(job, (runner, document) => Run(runner, document, cancellation), source.Tell));
            worst = Math.Max(worst, ExitStatus.Of(outcome.Verdict));
            if (!write(outcome))
            {
                return ExitStatus.Sandbox;
            }
        }

        return worst;
    }

    private static DocumentResult Run(OneShotRunner runner, JobDocument document, CancellationToken cancellation) => document is JobSpec { Ports.Count: > 0 } job
        ? runner.Run(job, new JobForeground { PortsOpened = PortReport.Tell }, cancellation)
        : runner.Run(document, cancellation);

    private static bool IsUsable(JobSpec spec, JobSource source, string? result)
    {
        if (spec.Stdout is InheritStream && result is null)
        {
            Diagnostics.Write("a job with \"stdout\": \"inherit\" needs --result: both would go to stdout");
            return false;
        }

        if (spec.Stdin is InheritStdin && source.IsStandardInput)
        {
            Diagnostics.Write("a job read from stdin cannot have \"stdin\": \"inherit\"");
            return false;
        }

        if (JobSession.ClosedStream(spec) is not { } number)
        {
            return true;
        }

        var name = number == 0 ? "stdin" : "stdout";
        Diagnostics.Write($"a job with \"{name}\": \"inherit\" needs {name}, which is closed");
        return false;
    }
}
