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
            Name = CommandOption.Cgroup.Name,
            Value = CommandOption.Cgroup.Value,
            Kind = CommandOption.Cgroup.Kind,
            Help = CommandOption.Cgroup.Help,
            Apply = (draft, value) =>
            {
                draft.Cgroup = value;
                return null;
            },
        },
        new()
        {
            Name = CommandOption.LeaseCores.Name,
            Value = CommandOption.LeaseCores.Value,
            Kind = CommandOption.LeaseCores.Kind,
            Help = CommandOption.LeaseCores.Help,
            Apply = (draft, value) =>
            {
                draft.LeaseCores = value;
                return null;
            },
        },
        new()
        {
            Name = CommandOption.Server.Name,
            Value = CommandOption.Server.Value,
            Kind = CommandOption.Server.Kind,
            Help = CommandOption.Server.Help,
            Apply = (draft, value) =>
            {
                draft.Server = value;
                return null;
            },
        },
        new()
        {
            Name = "detach",
            Letter = 'd',
            Help = "let the job run in the background: print its id once it has started; see also sandbox ps, logs, wait and stop",
            Apply = (draft, _) =>
            {
                draft.Detaches = true;
                return null;
            },
        },
        new()
        {
            Name = "log-size",
            Value = "SIZE",
            Help = "what is kept at most of the output of a detached job; the older half goes first (default 1MiB)",
            Apply = SetLogSize,
        },
        new()
        {
            Name = "rm",
            Help = "with --detach, keep nothing of the job once it is over; always in force without",
            Apply = static (draft, _) =>
            {
                draft.IsForgotten = true;
                return null;
            },
        },
        new() { Name = "init", Help = "always in force: process 1 reaps the job's orphans", Apply = static (_, _) => null },
        new() { Name = "help", Help = "show this help; so does -h where no NAME follows", Apply = static (_, _) => null },
    ];

    private static string? SetLogSize(JobDraft draft, string value)
    {
        const long Least = 64 << 10;
        var problem = CommandQuantity.Size(value, out var bytes);
        draft.LogBytes = bytes;
        return problem ?? (bytes < Least ? "must be 64KiB or more" : null);
    }
}
