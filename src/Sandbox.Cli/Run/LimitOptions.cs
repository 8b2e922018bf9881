using System.Globalization;

namespace Sandbox.Cli.Run;

/// <summary>The options that bound what a job uses: one for each limit, <c>cpuset</c> and what belongs to them.</summary>
internal static class LimitOptions
{
    // The one limit that depends on another option.
    private const string CapturedLimit = "output";

    // Not one of the limits, and held by the kernel like one.
    private const string Cpuset = "cpuset";

    // The kernel's largest (MAX_SHARES, kernel/sched/sched.h).
    private const int MostShares = 1 << 18;

    private static readonly string[] s_requirable = [.. JobLimit.All.Where(limit => limit.Required is not null).Select(limit => limit.Name), Cpuset];

    public static IReadOnlyList<RunOption> All { get; } =
    [
        .. JobLimit.All.Select(OptionOf),
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
            Name = "cpu-shares",
            Letter = 'c',
            Value = "NUMBER",
            Help = "the same as --cpu-weight in shares, of which 1024 are 100",
            Member = "/limits/cpuWeight",
            Apply = (draft, value) =>
            {
                if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var shares) || shares is < 2 or > MostShares)
                {
                    return $"must be a whole number from 2 to {MostShares}";
                }

                draft.Limits = draft.Limits with { CpuWeight = Math.Clamp(shares * 100 / 1024, 1, 10_000) };
                return null;
            },
        },
        new()
        {
            Name = "on-output-limit",
            Value = "ACTION",
            Kind = ValueKind.Of(Choices.Names<OutputLimitAction>()),
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
            Value = "NAME=[SOFT:]HARD,...",
            Kind = ValueKind.Of([.. UlimitOption.Names.Select(name => name + "=")]),
            Help = "set limits by their names in ulimit: nofile, nproc, fsize, stack, as, data, cpu, memlock, msgqueue or sigpending",
            Member = "/rlimits",
            Apply = UlimitOption.Apply,
        },
        new()
        {
            Name = "require",
            Value = "LIMITS",
            Kind = ValueKind.Of(s_requirable),
            Help = "the limits, such as memory,cpuTime, that the kernel must hold; otherwise the job does not start",
            Member = "/require",
            Apply = Require,
        },
    ];

    private static string? Require(JobDraft draft, string value)
    {
        foreach (var name in value.Split(','))
        {
            var limit = JobLimit.All.FirstOrDefault(limit => limit.Name == name);
            if ((name == Cpuset ? RequiredLimit.Cpuset : limit?.Required) is not { } required)
            {
                return $"\"{name}\" " + (limit is null ? "is no limit" : "is held by the sandbox itself, never by the kernel") +
                    (NearestName.Of(name, s_requirable) is { } meant ? $"; did you mean \"{meant}\"?" : "");
            }

            draft.Job = draft.Job with { Require = [.. draft.Job.Require, required] };
        }

        return null;
    }

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
        Help = limit.Summary + DefaultOf(limit),
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

    // Where there is none, the job has no such limit, or the host's.
    private static string DefaultOf(JobLimit limit) =>
        limit.Text(RunDefaults.Job.Limits) is { } usual ? $" (default {usual})"
        : limit.Name == CapturedLimit ? $" (default {limit.Text(RunDefaults.Job.Limits with { OutputBytes = RunDefaults.CapturedBytes })} where captured)"
        : "";

    private static string? Set<T>(JobDraft draft, JobLimit<T> limit, string? problem, T? value)
        where T : struct
    {
        draft.Limits = limit.With(draft.Limits, value);
        return problem;
    }
}
