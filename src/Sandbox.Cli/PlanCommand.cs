namespace Sandbox.Cli;

/// <summary><c>sandbox plan</c>: a dry run.</summary>
internal static class PlanCommand
{
    public static Command Command { get; } = new()
    {
        Name = "plan",
        Arguments = "JOB.json",
        ArgumentKind = ValueKind.JsonFile,
        Fewest = 1,
        Most = 1,
        Question = "which job?",
        Summary = "Print every step that a job would take and what would hold each limit, and start nothing",
        Details = "JOB.json is a job file; \"-\" reads it from stdin.",
        Options =
        [
            new() { Name = "summary", Help = "print one page: what the job will see, and what holds its limits" },
            CommandOption.Cgroup,
        ],
        Examples = ["sandbox plan --summary job.json", "sandbox run --job -v .:/src -m 1g make | sandbox plan -"],
        Run = Print,
    };

    private static int Print(CommandArguments arguments)
    {
        if (JobSource.Read(arguments.Words[0]) is not { } source)
        {
            return ExitStatus.Usage;
        }

        try
        {
            using var runner = new SandboxRunner(new() { Cgroup = arguments.Value("cgroup") });
            var job = source.Parse();
            StandardStreams.WriteOutput((arguments.Has("summary") ? runner.SummarizePlan(job) : runner.DescribePlan(job)).TrimEnd('\n'));
            return ExitStatus.Ok;
        }
        catch (InvalidJobException invalid)
        {
            source.Tell(invalid);
            return ExitStatus.Usage;
        }
    }
}
