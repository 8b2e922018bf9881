
namespace Sandbox.Cli.Run;

/// <summary>The options that bound what a job uses: one for each limit, <c>cpuset</c> and what belongs to them.</summary>
internal static class LimitOptions
{
    public static IReadOnlyList<RunOption> All { get; } =
    [
        .. JobLimit.All.Select(OptionOf),
        new()
        {
            Name = "cpuset-cpus",
            Value = "LIST",
            Help = "processors the job may run on, such as 0-1,4",
            Member = "/cpuset",
            Apply = (draft, value) =>
            {
                draft.Job = draft.Job with { Cpuset = value };
                return null;
            },
        },
        new()
        {
            Name = "on-output-limit",
            Value = "ACTION",
            Help = "what happens at the limit of output: kill (the default) or truncate",
            Member = "/onOutputLimit",
            Apply = (draft, value) =>
            {
                var problem = Choices.Find(value, out OutputLimitAction choice);
                draft.Job = draft.Job with { OnOutputLimit = choice };
                return problem;
            },
        },
        new()
        {
            Name = "ulimit",
            Value = "NAME=NUMBER",
            Help = "nofile, nproc, fsize, stack, as, data or cpu: what --open-files, --pids-limit, --file-size and the like set",
            Apply = UlimitOption.Apply,
        },
        new()
        {
            Name = "require",
            Value = "LIMITS",
            Help = "limits (memory,cpuTime) that the kernel must hold, or the job does not start",
            Member = "/require",
            Apply = (draft, value) =>
            {
                draft.Job = draft.Job with { Require = [.. draft.Job.Require, .. value.Split(',')] };
                return null;
            },
        },
    ];

    private static RunOption OptionOf(JobLimit limit) => new()
    {
        Name = limit.Option,
        Alias = limit.OptionAlias,
        Letter = limit.OptionLetter,
        Value = limit switch
        {
            JobLimit<TimeSpan> => "TIME",
            JobLimit<long> => "SIZE",
            _ => "NUMBER",
        },
        Help = limit.Summary,
        Member = limit.Pointer,
        Apply = limit switch
        {
            JobLimit<TimeSpan> time => (draft, value) => Set(draft, time, CommandQuantity.Limit(value, out TimeSpan? duration), duration),
            JobLimit<long> size => (draft, value) => Set(draft, size, CommandQuantity.Limit(value, out long? bytes), bytes),

            // Docker's word for "none".
            JobLimit<int> count => (draft, value) => Set(draft, count, CommandQuantity.Limit(value == "-1" ? "none" : value, out int? number), number),
            JobLimit<double> cpus => (draft, value) => Set(draft, cpus, CommandQuantity.Limit(value, out double? number), number),
            _ => throw new InvalidOperationException("a limit of a kind that has no option"),
        },
    };

    private static string? Set<T>(JobDraft draft, JobLimit<T> limit, string? problem, T? value)
        where T : struct
    {
        draft.Limits = limit.With(draft.Limits, value);
        return problem;
    }
}
