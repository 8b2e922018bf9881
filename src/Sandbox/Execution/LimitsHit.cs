namespace Sandbox.Execution;

/// <summary>Which limits were reached, whether or not they decided the verdict.</summary>
internal static class LimitsHit
{
    /// <summary>The JSON names in the order of the job file.</summary>
    public static IReadOnlyList<string> Of(Evidence evidence, Verdict verdict)
    {
        var limits = evidence.Limits;
        var hit = new List<string>();
        Add(hit, "cpuTime", verdict == Verdict.CpuTimeLimit || LimitVerdicts.IsOver(evidence.Cpu, limits.CpuTime));
        Add(hit, "wallTime", verdict == Verdict.WallTimeLimit || LimitVerdicts.IsOver(evidence.Wall, limits.WallTime));
        Add(hit, "idleTime", verdict == Verdict.IdleLimit);
        Add(hit, "memory", verdict == Verdict.MemoryLimit || evidence.OomKills > 0 || evidence.MemoryLimitReached || evidence.MemoryBytes > limits.MemoryBytes);
        Add(hit, "processes", evidence.LimitsObserved.Contains("processes"));
        Add(hit, "output", verdict == Verdict.OutputLimit || evidence.StreamsOverLimit.Count > 0);
        Add(hit, "fileSize", verdict == Verdict.FileSizeLimit);
        Add(hit, "disk", verdict == Verdict.DiskLimit || evidence.LimitsObserved.Contains("disk"));
        Add(hit, "addressSpace", evidence.Exec is { Limit: "addressSpace" });
        Add(hit, "dataSegment", evidence.Exec is { Limit: "dataSegment" });
        Add(hit, "collect", evidence.CollectLimitReached);
        return hit;
    }

    private static void Add(List<string> hit, string name, bool reached)
    {
        if (reached)
            hit.Add(name);
    }
}
