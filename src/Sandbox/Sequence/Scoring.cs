namespace Sandbox.Sequence;

/// <summary>Makes one verdict and one sum of points of many.</summary>
internal static class Scoring
{
    /// <summary>Nothing that was judged is certain after it: the sandbox failed, or the checker.</summary>
    public static bool IsFault(Verdict verdict) => verdict is Verdict.SetupError or Verdict.InternalError or Verdict.CheckError or Verdict.Cancelled;

    /// <summary>The one that decides: the first failure of ours, else the first that is not ok, else null. What was skipped decides nothing.</summary>
    public static T? Culprit<T>(IEnumerable<T> parts, Func<T, Verdict> verdictOf)
        where T : class
    {
        T? first = null;
        foreach (var part in parts)
        {
            var verdict = verdictOf(part);
            if (IsFault(verdict))
            {
                return part;
            }

            first ??= verdict is Verdict.Ok or Verdict.Skipped ? null : part;
        }

        return first;
    }

    /// <summary>The groups of a step.</summary>
    public static List<GroupResult> Groups(JobStep step, IReadOnlyList<CaseResult> cases)
    {
        var groups = new List<GroupResult>(step.Groups.Count);
        foreach (var group in step.Groups)
        {
            var own = cases.Where(@case => @case.Group == group.Name).ToList();
            var weights = step.Cases.Where(@case => @case.Group == group.Name).ToDictionary(static @case => @case.Name, static @case => @case.Points ?? 1);
            var all = weights.Values.Sum();
            var part = group.Score == GroupScore.Min
                ? own.Select(static @case => @case.Fraction).DefaultIfEmpty(0).Min()
                : all > 0 ? own.Sum(@case => @case.Fraction * weights[@case.Name]) / all : 0;
            var verdict = Culprit(own, static @case => @case.Verdict)?.Verdict ?? (own.Any(static @case => @case.Verdict == Verdict.Skipped) ? Verdict.Skipped : Verdict.Ok);
            groups.Add(new() { Name = group.Name, Verdict = verdict, Points = new() { Reached = part * group.Points, Of = group.Points } });
        }

        return groups;
    }

    /// <summary>The sum; null of nothing.</summary>
    public static Points? Sum(IEnumerable<Points?> points)
    {
        var there = points.OfType<Points>().ToList();
        return there.Count == 0 ? null : new() { Reached = there.Sum(static one => one.Reached), Of = there.Sum(static one => one.Of) };
    }
}
