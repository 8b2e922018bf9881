
namespace Sandbox.Cli.Run;

/// <summary>The exit status of <c>sandbox run</c>: the job's own, or what a shell or <c>docker run</c> would have for it.</summary>
internal static class RunStatus
{
    /// <summary>A limit ended the job, as timeout(1) says it.</summary>
    public const int Limit = 124;

    /// <summary>The sandbox failed, or it was used wrongly; the job did not run, or nobody knows what became of it.</summary>
    public const int Sandbox = 125;

    /// <summary>The command was found but cannot be executed.</summary>
    public const int NotExecutable = 126;

    /// <summary>There is no such command.</summary>
    public const int NotFound = 127;

    private const int SignalBase = 128;
    private const int SigSys = 31;
    private const int SigKill = 9;

    /// <summary>The status for a result.</summary>
    /// <param name="result">What became of the job.</param>
    /// <param name="interruption">The signal that cancelled the job, if one did.</param>
    public static int Of(JobResult result, int interruption) => result.Verdict switch
    {
        Verdict.Ok => 0,
        Verdict.ExitCode when result.ExitCode is { } code => code,
        Verdict.Signal when result.Signal is { } signal => SignalBase + Signals.NumberOf(signal),
        Verdict.CpuTimeLimit or Verdict.WallTimeLimit or Verdict.IdleLimit or Verdict.MemoryLimit or Verdict.OutputLimit or Verdict.FileSizeLimit or Verdict.DiskLimit => Limit,

        // Whatever its first process ended with: the call that the policy killed for was SIGSYS to somebody (seccomp(2)).
        Verdict.PolicyViolation => SignalBase + SigSys,
        Verdict.ExecFailed => result.CommandNotFound ? NotFound : NotExecutable,

        // Nobody has sent this command a signal for it: "sandbox kill" did.
        Verdict.Cancelled => SignalBase + (interruption > 0 ? interruption : SigKill),
        _ => Sandbox,
    };
}
