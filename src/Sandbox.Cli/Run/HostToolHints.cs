using Sandbox.Cli.Interop;

namespace Sandbox.Cli.Run;

/// <summary>What <c>sandbox run</c> says where the caller's shell finds another program than the job does, or one where the job finds none.</summary>
internal static class HostToolHints
{
    /// <summary>Before the start: the job is going to run another program than the caller's shell would; null if not, or if nobody can tell.</summary>
    public static string? Other(JobSpec job, Func<string, string?> variable)
    {
        if (!IsUsual(job) || job.Command[0].Contains('/') || HostProgram.Find(job.Command[0], variable("PATH")) is not { } callers ||
            HostProgram.Find(job.Command[0], HostProgram.UsualPath) is not { } jobs || Descriptors.RealPath(callers) == Descriptors.RealPath(jobs))
        {
            return null;
        }

        return HostProgram.IsShown(callers) || HostProgram.Of(callers, variable) is not { } shown
            ? null
            : $"the job runs {DisplayText.Quote(jobs)}, your PATH has {DisplayText.Quote(callers)} first: {shown.Options}, or --host-tools, gives it yours";
    }

    /// <summary>Afterwards: the command that was not found in the job is there on the host; null if not.</summary>
    public static string? Missing(JobResult result, JobSpec job, Func<string, string?> variable)
    {
        if (result is not { Verdict: Verdict.ExecFailed, CommandNotFound: true } || job.Rootfs is not HostRootfs || job.Command.Count == 0 ||
            HostProgram.Find(job.Command[0], variable("PATH")) is not { } file || HostProgram.Of(file, variable) is not { } shown)
        {
            return null;
        }

        return $"hint: {DisplayText.Quote(file)} is there on the host, and not shown to the job: {shown.Options} shows it" + (job.Command[0].Contains('/') ? "" : ", or --host-tools");
    }

    // What somebody has arranged is not looked through.
    private static bool IsUsual(JobSpec job) =>
        job.Rootfs is HostRootfs && job.Command.Count > 0 && !job.Env.ContainsKey("PATH");
}
