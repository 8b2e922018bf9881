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
    public static int Run([Argument] string job, string? result = null, bool pretty = false, string? cgroup = null, string? leaseCores = null)
    {
        if (JobSource.Read(job) is not { } source || !IsUsable(source, result))
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
            // Until the result is written, and beyond: a signal must never cost it.
            var cancellation = Interruption.Listen();
            using var runner = Prelude.CreateRunner(new() { Cgroup = cgroup, LeasedCpus = leaseCores });
            var outcome = source.Relate(runner.Run(source.Spec, cancellation));
            return destination.Write(outcome, pretty) ? ExitStatus.Of(outcome.Verdict) : ExitStatus.Sandbox;
        }
        catch (InvalidJobException invalid)
        {
            source.Tell(invalid);
            return ExitStatus.Usage;
        }
    }

    private static bool IsUsable(JobSource source, string? result)
    {
        if (source.Spec.Stdout is InheritStream && result is null)
        {
            Diagnostics.Write("a job with \"stdout\": \"inherit\" needs --result: both would go to stdout");
            return false;
        }

        if (source.Spec.Stdin is InheritStdin && source.IsStandardInput)
        {
            Diagnostics.Write("a job read from stdin cannot have \"stdin\": \"inherit\"");
            return false;
        }

        if (source.Spec.Stdin is InheritStdin && StandardStreams.IsClosed(0))
        {
            Diagnostics.Write("a job with \"stdin\": \"inherit\" needs a stdin: it is closed");
            return false;
        }

        return true;
    }
}
