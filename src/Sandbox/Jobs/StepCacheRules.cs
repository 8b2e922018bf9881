namespace Sandbox.Jobs;

/// <summary>What a step may not have that is not always run: what cannot be compared with the last time, and what would not happen.</summary>
internal static class StepCacheRules
{
    private const int MaxTools = 256;

    // Whoever asks for more would learn of the machine what no job is shown, or have it look at all of it.
    private static readonly string[] s_shown = ["/usr/", "/bin/", "/sbin/", "/lib/", "/lib32/", "/lib64/", "/libx32/"];

    /// <summary>Notes every problem, each with its place.</summary>
    public static void Check(JobStep step, string pointer, ProblemList problems)
    {
        if (step.Cache is not { } cache)
        {
            return;
        }

        foreach (var (place, problem) in Step(step).Concat(Root(step.Job, cache)).Concat(Job(step.Job)))
        {
            problems.Add(pointer + place, problem);
        }

        for (var index = 0; index < cache.Tools.Count; index++)
        {
            if (!IsShown(cache.Tools[index]))
            {
                problems.Add(FormattableString.Invariant($"{pointer}/cache/tools/{index}"), $"must be a path without \"..\" below {string.Join(", ", s_shown)}: a job in the host's root uses nothing else of it");
            }
        }
    }

    private static bool IsShown(string? path) => path is { Length: < 4096 } && Array.Exists(s_shown, shown => path.StartsWith(shown, StringComparison.Ordinal)) && !path.Contains('\0') && Path.GetFullPath(path) == path;

    private static IEnumerable<(string Place, string Problem)> Step(JobStep step)
    {
        if (step.Cases.Count > 0)
        {
            yield return ("/cache", "is for a step that runs once, and this one has \"forEach\"");
        }

        if (step.Check is not null)
        {
            yield return ("/cache", "is for a step without a \"check\"");
        }
    }

    private static IEnumerable<(string Place, string Problem)> Root(JobSpec job, StepCaching cache)
    {
        if (job.Rootfs is HostRootfs && cache.Tools.Count is 0 or > MaxTools)
        {
            yield return ("/cache", $"needs {{ \"tools\": [ \"/usr/bin/gcc\", … ] }}, up to {MaxTools} paths of what the job uses of the host's root");
        }
        else if (job.Rootfs is not HostRootfs && cache.Tools.Count > 0)
        {
            yield return ("/cache/tools", "are for a job in the host's root");
        }

        if (job.Rootfs is DirectoryRootfs or ImageRootfs { Reference: ['/', ..] })
        {
            yield return ("/job/rootfs", "must be an image of the store, \"host\" or \"empty\" with \"cache\"");
        }
    }

    private static IEnumerable<(string Place, string Problem)> Job(JobSpec job)
    {
        if (job.Mounts.Any(static mount => mount is not (TmpfsMount or SymlinkMount or StoredMount)))
        {
            yield return ("/job/mounts", "may not have directories of the host with \"cache\": name single files in \"files\"");
        }

        if (job.Stdin is not (NullStdin or ContentStdin))
        {
            yield return ("/job/stdin", "must be known before with \"cache\"");
        }

        if (job.Stdout is not (CaptureStream or DiscardStream) || job.Stderr is not (CaptureStream or DiscardStream or MergedStream))
        {
            yield return ("/job", "must have its streams captured or discarded with \"cache\"");
        }

        if (job.Outputs.Count > 0 || job.Diff is not null)
        {
            yield return ("/job", "has outputs or \"diff\", which would not be written if the step did not run: use \"keep\"");
        }

        if (job.Network is not (NoNetwork or LoopbackNetwork) || job.Devices.Count > 0)
        {
            yield return ("/job", "has a network or devices, of which nobody knows whether they have changed, and \"cache\"");
        }
    }
}
