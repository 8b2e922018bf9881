namespace Sandbox.Cli.Run;

/// <summary>The options that are about this command and the host rather than the job.</summary>
internal static class CommandOptions
{
    public static IReadOnlyList<RunOption> All { get; } =
    [
        new()
        {
            Name = "job",
            Help = "print the job as job.json for \"sandbox exec\", and start nothing",
            Apply = (draft, _) =>
            {
                draft.PrintsJob = true;
                return null;
            },
        },
        new()
        {
            Name = "cgroup",
            Value = "FOLDERS",
            Help = "control group folders to use, parted by colons, or none; found by itself otherwise",
            Apply = (draft, value) =>
            {
                draft.Cgroup = value;
                return null;
            },
        },
        new()
        {
            Name = "lease-cores",
            Value = "LIST",
            Help = "processors such as 2-7, of whose whole cores the job gets as many as it has cpus, and nobody else who leases",
            Apply = (draft, value) =>
            {
                draft.LeaseCores = value;
                return null;
            },
        },
        new() { Name = "rm", Help = "always so: nothing is left of a job", Apply = static (_, _) => null },
        new() { Name = "init", Help = "always so: process 1 reaps the job's orphans", Apply = static (_, _) => null },
        new() { Name = "help", Help = "show this help; so does -h without a NAME", Apply = static (_, _) => null },
    ];

}
