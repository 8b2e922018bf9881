using ConsoleAppFramework;

namespace Sandbox.Cli;

/// <summary><c>sandbox exec</c>: the path that must be short.</summary>
internal static class ExecCommand
{
    /// <summary>Run one job and print its result as JSON.</summary>
    /// <param name="job">The job file; - reads the job from stdin.</param>
    /// <param name="result">Write the result to this file instead of stdout.</param>
    /// <param name="pretty">Indent the result.</param>
    public static int Run([Argument] string job, string? result = null, bool pretty = false)
    {
        if (JobSource.Read(job) is not { } spec || !IsUsable(spec, job, result))
        {
            return ExitStatus.Usage;
        }

        if (ResultDestination.Open(result) is not { } destination)
        {
            return ExitStatus.Usage;
        }

        using var export = OtlpExport.StartIfAsked();
        try
        {
            var outcome = RunJob(spec);
            return destination.Write(outcome, pretty) ? ExitStatus.Of(outcome.Verdict) : ExitStatus.Sandbox;
        }
        catch (InvalidJobException invalid)
        {
            Diagnostics.Write(job, invalid);
            return ExitStatus.Usage;
        }
    }

    private static JobResult RunJob(JobSpec spec)
    {
        using var runner = new SandboxRunner();
        using var interruption = new Interruption();
        try
        {
            return runner.Run(spec, interruption.Token);
        }
        catch (SandboxException failure)
        {
            Diagnostics.Write(failure);
            return FailedRun.Result(spec, failure);
        }
    }

    private static bool IsUsable(JobSpec spec, string job, string? result)
    {
        if (spec.Stdout is InheritStream && result is null)
        {
            Diagnostics.Write("a job with \"stdout\": \"inherit\" needs --result: both would go to stdout");
            return false;
        }

        if (spec.Stdin is InheritStdin && job == JobSource.StandardInput)
        {
            Diagnostics.Write("a job read from stdin cannot have \"stdin\": \"inherit\"");
            return false;
        }

        return true;
    }
}
