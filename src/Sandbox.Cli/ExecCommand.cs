using ConsoleAppFramework;

namespace Sandbox.Cli;

/// <summary><c>sandbox exec</c>: the path that must be short.</summary>
internal static class ExecCommand
{
    /// <summary>Run one job and print its result as JSON.</summary>
    /// <param name="job">The job file; - reads the job from stdin.</param>
    /// <param name="result">Write the result to this file instead of stdout.</param>
    /// <param name="pretty">Indent the result.</param>
    /// <param name="cgroup">Control group folders to use, parted by colons, or none; found by itself otherwise.</param>
    /// <param name="leaseCores">Processors such as 2-7, of whose whole cores the job gets as many as it has cpus, and nobody else who leases.</param>
    public static int Run([Argument] string job, string? result = null, bool pretty = false, string? cgroup = null, string? leaseCores = null) =>
        LastResort.Run(() => Execute(job, result, pretty, new() { Cgroup = cgroup, LeasedCpus = leaseCores }));

    private static int Execute(string job, string? result, bool pretty, SandboxOptions options)
    {
        if (result is null && StandardStreams.OutputProblem() is { } problem)
        {
            Diagnostics.Write("the result could not be written to stdout: " + problem);
            return ExitStatus.Sandbox;
        }

        if (JobSource.Read(job) is not { } source)
        {
            return ExitStatus.Usage;
        }

        string? name = null;
        try
        {
            var spec = source.Parse();
            name = spec.Name;
            return IsUsable(spec, source, result) && ResultDestination.Open(result) is { } destination
                ? Execute(spec, source, options, outcome => destination.Write(outcome, pretty))
                : ExitStatus.Usage;
        }
        catch (InvalidJobException invalid)
        {
            // Nothing was started; a program that drives this one does not have to read words.
            var refusal = JobResult.Of(source.Tell(invalid), name);
            return ResultDestination.Open(result) is not { } destination || destination.Write(refusal, pretty) ? ExitStatus.Usage : ExitStatus.Sandbox;
        }
    }

    private static int Execute(JobSpec spec, JobSource source, SandboxOptions options, Func<JobResult, bool> write)
    {
        using var export = OtlpExport.StartIfAsked();

        // Until the result is written, and beyond: a signal must never cost it.
        var cancellation = Interruption.Listen();
        using var runner = Prelude.CreateRunner(options);
        var outcome = source.Relate(runner.Run(spec, cancellation));
        return write(outcome) ? ExitStatus.Of(outcome.Verdict) : ExitStatus.Sandbox;
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
            Diagnostics.Write("a job with \"stdin\": \"inherit\" needs a stdin: it is closed");
            return false;
        }

        if (spec.Stdout is InheritStream && StandardStreams.IsClosed(1))
        {
            Diagnostics.Write("a job with \"stdout\": \"inherit\" needs a stdout: it is closed");
            return false;
        }

        return true;
    }
}
