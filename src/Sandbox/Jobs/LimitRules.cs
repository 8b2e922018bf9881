using Sandbox.Interop;

namespace Sandbox.Jobs;

/// <summary>Checks the limits: each in its range, each required one set.</summary>
internal static class LimitRules
{
    public static void Check(JobSpec spec, ProblemList problems)
    {
        if (spec.Limits is not { } limits)
        {
            problems.Add("/limits", "must not be null");
            return;
        }

        foreach (var limit in LimitTable.All)
        {
            limit.Check(limits, problems);
        }

        CheckCpuset(spec.Cpuset, problems);
        CheckRequire(spec.Require, spec, problems);
    }

    /// <summary>The processors of a list that was checked.</summary>
    public static CpuSet? Cpuset(string? list) => list is not null && CpuSet.TryParse(list, out var cpus, out _) ? cpus : null;

    private static void CheckCpuset(string? list, ProblemList problems)
    {
        if (list is not null && !CpuSet.TryParse(list, out _, out var problem))
        {
            problems.Add("/cpuset", problem);
        }
    }

    private static void CheckRequire(IReadOnlyList<RequiredLimit> require, JobSpec spec, ProblemList problems)
    {
        if (require is null)
        {
            problems.Add("/require", "must not be null");
            return;
        }

        for (var index = 0; index < require.Count; index++)
        {
            if (LimitTable.NameOf(require[index]) is not { } name)
            {
                problems.Add($"/require/{index}", JobValidator.Unknown((int)require[index]));
                continue;
            }

            // Nothing can hold a limit that does not exist: a job that requires one is not what its author meant.
            var isCpuset = require[index] == RequiredLimit.Cpuset;
            if (!(isCpuset ? spec.Cpuset is not null : LimitTable.Find(name)!.IsSet(spec.Limits)) && !problems.Unreadable(isCpuset ? "/cpuset" : "/limits/" + name))
            {
                problems.Add($"/require/{index}", $"requires a limit that is not set: \"{name}\"");
            }
        }
    }
}
