using ConsoleAppFramework;

namespace Sandbox.Cli;

/// <summary><c>sandbox plan</c>: a dry run.</summary>
internal static class PlanCommand
{
    /// <summary>Print every step a job would take and what would hold each limit; start nothing.</summary>
    /// <param name="job">The job file; - reads the job from stdin.</param>
    /// <param name="cgroup">Control group folders to use, parted by colons, or none; found by itself otherwise.</param>
    public static int Run([Argument] string job, string? cgroup = null) => LastResort.Run(() => Print(job, cgroup));

    private static int Print(string job, string? cgroup)
    {
        if (JobSource.Read(job) is not { } source)
        {
            return ExitStatus.Usage;
        }

        try
        {
            using var runner = new SandboxRunner(new() { Cgroup = cgroup });
            StandardStreams.WriteOutput(runner.DescribePlan(source.Parse()).TrimEnd('\n'));
            return ExitStatus.Ok;
        }
        catch (InvalidJobException invalid)
        {
            source.Tell(invalid);
            return ExitStatus.Usage;
        }
    }
}
