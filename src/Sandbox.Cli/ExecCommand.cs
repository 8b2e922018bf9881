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
            new("3", "the sandbox failed: the verdict is \"setup-error\" or \"internal-error\""),
        ],
        Options =
        [
            new() { Name = "result", Value = "FILE", Kind = ValueKind.File, Help = "write the result to FILE instead of stdout" },
            new() { Name = "pretty", Help = "indent the result" },
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

        if (result is null && StandardStreams.OutputProblem() is { } problem)
        {
            Diagnostics.Write("the result could not be written to stdout: " + problem);
            return ExitStatus.Sandbox;
        }

        if (Read(files, result, pretty, out var jobs) is var status and not ExitStatus.Ok)
        {
            return status;
        }

        return ResultDestination.Open(result) is { } destination
            ? Execute(jobs, new() { Cgroup = arguments.Value("cgroup"), LeasedCpus = arguments.Value("lease-cores") }, outcome => destination.Write(outcome, pretty))
            : ExitStatus.Usage;
    }

    // All are looked at before the first is started: status 2 means that nothing was.
    private static int Read(IReadOnlyList<string> files, string? result, bool pretty, out List<(JobSource Source, JobSpec Spec)> jobs)
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
                var spec = source.Parse();
                jobs.Add((source, spec));
                status = Math.Max(status, IsUsable(spec, source, result) ? ExitStatus.Ok : ExitStatus.Usage);
            }
            catch (InvalidJobException invalid)
            {
                // Nothing was started; a program that drives this one does not have to read words.
                var refusal = JobResult.Of(source.Tell(invalid), null);
                status = ResultDestination.Open(result) is not { } destination || destination.Write(refusal, pretty) ? Math.Max(status, ExitStatus.Usage) : ExitStatus.Sandbox;
            }
        }

        if (status != ExitStatus.Ok && files.Count > 1)
        {
            Diagnostics.Write("none of the jobs was started");
        }

        return status;
    }

    private static int Execute(IEnumerable<(JobSource Source, JobSpec Spec)> jobs, SandboxOptions options, Func<JobResult, bool> write)
    {
        using var export = OtlpExport.StartIfAsked();

        // Until the result is written, and beyond: a signal must never cost it. What has not started by then is cancelled too.
        var cancellation = Interruption.Listen();
        using var runner = Prelude.CreateRunner(options);
        var worst = ExitStatus.Ok;
        foreach (var (source, spec) in jobs)
        {
            var outcome = Run(runner, source, spec, cancellation);
            worst = Math.Max(worst, ExitStatus.Of(outcome.Verdict));
            if (!write(outcome))
            {
                return ExitStatus.Sandbox;
            }
        }

        return worst;
    }

    // A policy, an image or a place for outputs may be wrong in ways that only show when it is opened.
    private static JobResult Run(SandboxRunner runner, JobSource source, JobSpec spec, CancellationToken cancellation)
    {
        try
        {
            return source.Relate(runner.Run(spec, cancellation));
        }
        catch (InvalidJobException invalid)
        {
            return JobResult.Of(source.Tell(invalid), spec.Name);
        }
    }

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

        if (spec.Stdin is InheritStdin && StandardStreams.IsClosed(0))
        {
            Diagnostics.Write("a job with \"stdin\": \"inherit\" needs stdin, which is closed");
            return false;
        }

        if (spec.Stdout is InheritStream && StandardStreams.IsClosed(1))
        {
            Diagnostics.Write("a job with \"stdout\": \"inherit\" needs stdout, which is closed");
            return false;
        }

        return true;
    }
}
