using Sandbox.Jobs;

namespace Sandbox.Cli.Run;

/// <summary>The options that bound what a job uses: one for each limit, <c>cpuset</c> and what belongs to them.</summary>
internal static class LimitOptions
{
    // The one limit that depends on another option.
    private const string CapturedLimit = "output";

    public static IReadOnlyList<RunOption> All { get; } =
    [
        .. LimitTable.All.Select(OptionOf),
        new()
        {
            Name = "cpuset-cpus",
            Value = "LIST",
            Help = "the processors that the job may run on, such as 0-1,4",
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
            Kind = ValueKind.Of(FieldReaders.OutputActions),
            Help = "what happens at the limit of output: kill (the default) or truncate",
            Member = "/onOutputLimit",
            Apply = (draft, value) =>
            {
                var problem = Choices.Find(value, FieldReaders.OutputActions, out var choice);
                draft.Job = draft.Job with { OnOutputLimit = (OutputLimitAction)choice };
                return problem;
            },
        },
        new()
        {
            Name = "ulimit",
            Value = "NAME=NUMBER,...",
            Kind = ValueKind.Of([.. UlimitOption.Names.Select(name => name + "=")]),
            Help = "set limits by their names in ulimit: nofile, nproc, fsize, stack, as, data or cpu",
            Apply = UlimitOption.Apply,
        },
        new()
        {
            Name = "require",
            Value = "LIMITS",
            Kind = ValueKind.Of(LimitTable.Requirable),
            Help = "the limits, such as memory,cpuTime, that the kernel must hold; otherwise the job does not start",
            Member = "/require",
            Apply = (draft, value) =>
            {
                foreach (var name in value.Split(','))
                {
                    if (LimitTable.Required(name, out var problem, out var suggestion) is not { } limit)
                    {
                        return problem + (suggestion is null ? "" : $"; did you mean \"{suggestion}\"?");
                    }

                    draft.Job = draft.Job with { Require = [.. draft.Job.Require, limit] };
                }

                return null;
            },
        },
    ];

    private static RunOption OptionOf(Limit limit) => new()
    {
        Name = limit.Option,
        Alias = limit.OptionAlias,
        Letter = limit.OptionLetter,
        Value = limit switch
        {
            DurationLimit => "TIME",
            SizeLimit => "SIZE",
            _ => "NUMBER",
        },
        Help = limit.Help + DefaultOf(limit),
        Member = limit.Pointer,
        Apply = limit switch
        {
            DurationLimit time => (draft, value) => Set(draft, time, CommandQuantity.Limit(value, out TimeSpan? duration), duration),
            SizeLimit size => (draft, value) => Set(draft, size, CommandQuantity.Limit(value, out long? bytes), bytes),

            // Docker's word for "none".
            CountLimit count => (draft, value) => Set(draft, count, CommandQuantity.Limit(value == "-1" ? "none" : value, out int? number), number),
            ProcessorLimit cpus => (draft, value) => Set(draft, cpus, CommandQuantity.Limit(value, out double? number), number),
            _ => throw new InvalidOperationException("a limit of a kind that has no option"),
        },
    };

    // Where there is none, the job has no such limit, or the host's.
    private static string DefaultOf(Limit limit) =>
        limit.Value(RunDefaults.Job.Limits) is { } usual ? $" (default {limit.Text(usual)})"
        : limit.Name == CapturedLimit ? $" (default {limit.Text(RunDefaults.CapturedBytes ?? 0)} where captured)"
        : "";

    private static string? Set<T>(JobDraft draft, Limit<T> limit, string? problem, T? value)
        where T : struct
    {
        draft.Limits = limit.With(draft.Limits, value ?? limit.Lifted);
        return problem;
    }
}
