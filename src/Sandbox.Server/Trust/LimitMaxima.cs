namespace Sandbox.Server.Trust;

/// <summary>Holds the limits of jobs to the server's maxima.</summary>
internal static class LimitMaxima
{
    /// <summary>The job with no limit above its maximum, and the limits that were changed, as <c>name=value</c>, each once.</summary>
    public static (JobDocument Job, IReadOnlyList<string> Changed) Apply(JobDocument job, ResourceLimits maximum)
    {
        var changed = new List<string>();
        var held = job.WithParts(part => part.Job with { Limits = Hold(part.Job.Limits, maximum, changed) });
        return (held is ProcessesJob several ? HoldTranscripts(several, maximum, changed) : held, [.. changed.Distinct()]);
    }

    // They are kept in memory, as the output of a process is.
    private static ProcessesJob HoldTranscripts(ProcessesJob job, ResourceLimits maximum, List<string> changed)
    {
        if (maximum.OutputBytes is not { } most || job.Pipes.All(pipe => pipe.TranscriptBytes <= most))
        {
            return job;
        }

        changed.Add($"transcript={Quantities.FormatSize(most)}");
        return job with { Pipes = [.. job.Pipes.Select(pipe => pipe with { TranscriptBytes = Math.Min(pipe.TranscriptBytes, most) })] };
    }

    /// <summary>Limits with none above its maximum.</summary>
    public static ResourceLimits Of(ResourceLimits limits, ResourceLimits maximum) => Hold(limits, maximum, []);

    private static ResourceLimits Hold(ResourceLimits limits, ResourceLimits maximum, List<string> changed)
    {
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

        return limits;
    }

    private static ResourceLimits? Hold<T>(JobLimit<T> limit, ResourceLimits limits, ResourceLimits maximum)
        where T : struct, IComparable<T> =>
        limit.Get(maximum) is { } most && (limit.Get(limits) is not { } asked || asked.CompareTo(most) > 0) ? limit.With(limits, most) : null;
}
