namespace Sandbox.Cli;

/// <summary>The result of a job whose sandbox could not be set up.</summary>
internal static class FailedRun
{
    public static JobResult Result(JobSpec spec, SandboxException failure)
    {
        var nothing = new StreamResult { Bytes = 0 };
        return new JobResult
        {
            Name = spec.Name,
            Verdict = Verdict.SetupError,
            Message = failure.Message,
            Time = new TimeUsage { Cpu = default, User = default, System = default, Wall = default },
            Memory = new MemoryUsage { PeakBytes = 0 },
            Stdout = nothing,
            Stderr = nothing,
            Error = new ErrorReport
            {
                Phase = failure.Phase,
                Step = failure.Step,
                Path = failure.Path,
                Errno = failure.Errno,
                Message = failure.Message,
                Hint = failure.Hint,
                Pointer = failure.Pointer,
            },
        };
    }
}
