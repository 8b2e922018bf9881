namespace Sandbox.Server.Trust;

/// <summary>Holds the limits of jobs to the server's maxima.</summary>
internal static class LimitMaxima
{
    /// <summary>The job with no limit above its maximum, and the limits that were changed, as <c>name=value</c>.</summary>
    public static (JobSpec Job, IReadOnlyList<string> Changed) Apply(JobSpec job, ResourceLimits maximum)
    {
        var changed = new List<string>();
        var limits = job.Limits;
        foreach (var limit in JobLimit.All)
        {
            var held = limit switch
            {
                JobLimit<TimeSpan> time => Hold(time, limits, maximum),
                JobLimit<long> size => Hold(size, limits, maximum),
                JobLimit<int> count => Hold(count, limits, maximum),
                JobLimit<double> number => Hold(number, limits, maximum),
                _ => throw new InvalidOperationException($"the limit {limit.Name} is of a kind that is not known"),
            };
            if (held is not null)
            {
                limits = held;
                changed.Add($"{limit.Name}={limit.Text(limits)}");
            }
        }

        return (job with { Limits = limits }, changed);
    }

    private static ResourceLimits? Hold<T>(JobLimit<T> limit, ResourceLimits limits, ResourceLimits maximum)
        where T : struct, IComparable<T> =>
        limit.Get(maximum) is { } most && (limit.Get(limits) is not { } asked || asked.CompareTo(most) > 0) ? limit.With(limits, most) : null;
}
