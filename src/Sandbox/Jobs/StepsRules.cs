using Sandbox.Text;

namespace Sandbox.Jobs;

/// <summary>The checks of a job of steps.</summary>
internal static class StepsRules
{
    private const int MaxSteps = 64;
    private const int MaxCases = 10_000;
    private const int MaxParallel = 64;
    private const int MaxKept = 64;
    private const int LongestName = 64;

    /// <summary>Notes every problem, each with its place.</summary>
    public static void Check(StepsJob job, ProblemList problems)
    {
        if (job.Steps is null or { Count: 0 or > MaxSteps })
        {
            problems.Add("/steps", $"must have 1 to {MaxSteps} steps");
            return;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        var kept = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < job.Steps.Count; index++)
        {
            var (step, pointer) = (job.Steps[index], StepParts.PointerOf(index));
            CheckName(step.Name, pointer + "/name", names, "step", problems);
            CheckJob(step, pointer, problems);
            CheckUse(step, pointer, kept, problems);
            CheckCases(step, index, problems);
            CheckGroups(step, pointer, problems);
            CheckCheck(step, pointer, problems);
            StepProcessesRules.Check(step, pointer, problems);
            StepCacheRules.Check(step, pointer, problems);
            kept.UnionWith(CheckKept(step, pointer, problems));
        }
    }

    private static void CheckName(string name, string pointer, HashSet<string> names, string what, ProblemList problems)
    {
        if (name is null or { Length: 0 or > LongestName } || !name.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.'))
        {
            problems.Add(pointer, $"must be 1 to {LongestName} letters, digits, \"-\", \"_\" and \".\"");
        }
        else if (!names.Add(name))
        {
            problems.Add(pointer, $"is the name of another {what}, too");
        }
    }

    private static void CheckJob(JobStep step, string pointer, ProblemList problems)
    {
        problems.Prefix = pointer + "/job";
        CheckSandbox(step.Job, step, problems);
        if (step.Check is not null && step.Job.Stdout is not CaptureStream)
        {
            problems.Add("/stdout", "must be \"capture\" in a step with a \"check\"");
        }

        if (step.Cases.Count > 0 && step.Job.Outputs.Count > 0)
        {
            problems.Add("/outputs", "has one file for all the cases of \"forEach\": each would replace that of the last");
        }

        problems.Prefix = "";
        if (step.Parallel is < 1 or > MaxParallel)
        {
            problems.Add(pointer + "/parallel", $"must be a number from 1 to {MaxParallel}");
        }
    }

    // With an interactor there is somebody at the other end of a pipe.
    private static void CheckSandbox(JobSpec job, JobStep step, ProblemList problems)
    {
        if (step.Check is InteractorCheck)
        {
            JobValidator.CheckPart(job, problems);
            return;
        }

        JobValidator.Check(job, problems);
    }

    private static IEnumerable<string> CheckKept(JobStep step, string pointer, ProblemList problems)
    {
        if (step.Keep.Count > 0 && step.Cases.Count > 0)
        {
            problems.Add(pointer + "/keep", "is for a step that runs once, and this one has \"forEach\"");
        }

        if (step.Keep.Count > MaxKept)
        {
            problems.Add(pointer + "/keep", $"must have at most {MaxKept} files");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, path) in step.Keep)
        {
            var place = $"{pointer}/keep/{JsonPointer.Escape(name)}";
            CheckName(name, place, names, "file", problems);
            if (PathRules.CheckInside(path, place, problems) && path.AsSpan().IndexOfAny("*?[") >= 0)
            {
                problems.Add(place, "must be one file, and no pattern");
            }
        }

        return step.Keep.Keys.Select(name => $"{step.Name}/{name}");
    }

    private static void CheckUse(JobStep step, string pointer, HashSet<string> kept, ProblemList problems)
    {
        foreach (var (path, name) in step.Use)
        {
            var place = $"{pointer}/use/{JsonPointer.Escape(path)}";
            if (!kept.Contains(name))
            {
                problems.Add(place, $"no earlier step keeps {Words.Quote(name)}; it is STEP/NAME", Suggestions.For(name, [.. kept]));
            }

            if (PathRules.CheckInside(path, place, problems) && step.Job.Files.Any(file => file.Path == path))
            {
                problems.Add(place, "is one of \"files\", too");
            }
        }
    }

    private static void CheckCases(JobStep step, int index, ProblemList problems)
    {
        if (step.Cases.Count > MaxCases)
        {
            problems.Add(StepParts.PointerOf(index) + "/forEach", $"must have at most {MaxCases} cases");
            return;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        var taken = new HashSet<string>([.. step.Job.Files.Select(static file => file.Path), .. step.Use.Keys], StringComparer.Ordinal);
        for (var number = 0; number < step.Cases.Count; number++)
        {
            var (@case, pointer) = (step.Cases[number], StepParts.PointerOf(index, number));
            CheckName(@case.Name, pointer + "/name", names, "case", problems);
            problems.Prefix = pointer;
            JobValidator.Check(StepParts.Addition(step, @case with { Answer = null }), problems);
            CheckCase(step, @case, taken, problems);
            problems.Prefix = "";
        }
    }

    private static void CheckCase(JobStep step, StepCase @case, HashSet<string> taken, ProblemList problems)
    {
        foreach (var file in @case.Files.Where(file => taken.Contains(file.Path)))
        {
            problems.Add("/files/" + JsonPointer.Escape(file.Path), "is a file of the step, too");
        }

        if (@case.Stdin is InheritStdin or LiveStdin)
        {
            problems.Add("/stdin", "is for one job, and this is one case of many");
        }

        if (@case.Points is < 0 || (@case.Points is { } points && !double.IsFinite(points)))
        {
            problems.Add("/points", "must not be negative");
        }

        if (@case.Answer is FileContent { Path: var path } && PathRules.HostProblem(path) is { } problem)
        {
            problems.Add("/answer", problem);
        }

        if (step.Check is ComparisonCheck && @case.Answer is null && !problems.Unreadable("/answer"))
        {
            problems.Add("", "needs an \"answer\" to compare with");
        }
        else if (step.Check is null && @case.Answer is not null && !problems.Unreadable("/../../check"))
        {
            problems.Add("/answer", "nothing compares with it: the step has no \"check\"");
        }

        if (@case.Group is { } group && step.Groups.All(one => one.Name != group))
        {
            problems.Add("/group", $"there is no group {Words.Quote(group)}", Suggestions.For(group, [.. step.Groups.Select(static one => one.Name)]));
        }
    }

    private static void CheckGroups(JobStep step, string pointer, ProblemList problems)
    {
        var order = step.Cases.Select(static @case => @case.Group).Where((group, index) => index == 0 || step.Cases[index - 1].Group != group).ToList();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var group in step.Groups)
        {
            var place = $"{pointer}/groups/{JsonPointer.Escape(group.Name)}";
            CheckName(group.Name, place, names, "group", problems);
            if (group.Points < 0 || !double.IsFinite(group.Points))
            {
                problems.Add(place + "/points", "must not be negative");
            }

            var count = order.Count(one => one == group.Name);
            if (count != 1)
            {
                problems.Add(place, count == 0 ? "has no case" : "has cases that do not follow one another");
            }

            for (var index = 0; index < group.Requires.Count; index++)
            {
                var required = order.IndexOf(group.Requires[index]);
                if (required < 0 || required >= order.IndexOf(group.Name))
                {
                    problems.Add(FormattableString.Invariant($"{place}/requires/{index}"), $"there is no group {Words.Quote(group.Requires[index])} whose cases come before");
                }
            }
        }
    }

    private static void CheckCheck(JobStep step, string pointer, ProblemList problems)
    {
        if (step.Check is ComparisonCheck comparison)
        {
            if (step.Cases.Count == 0)
            {
                problems.Add(pointer + "/check", "needs cases with answers to compare with: \"forEach\"");
            }

            if (comparison.Tolerance is < 0 || !double.IsFinite(comparison.Tolerance))
            {
                problems.Add(pointer + "/check/floats", "must not be negative");
            }
        }

        if (step.Check is JudgeCheck judge)
        {
            CheckJudge(step, judge, pointer, problems);
        }
    }

    private static void CheckJudge(JobStep step, JudgeCheck judge, string pointer, ProblemList problems)
    {
        problems.Prefix = $"{pointer}/check/{judge.Member}";
        CheckSandbox(judge.Job, step, problems);
        if (judge.Job.Stdin is not NullStdin)
        {
            problems.Add("/stdin", "is made by the check");
        }

        if (judge.Job.Stdout is not CaptureStream || judge.Job.Stderr is not CaptureStream)
        {
            problems.Add("", "must have its streams captured: they are what it says");
        }

        problems.Prefix = "";
        if (step.Job.Stdin is InheritStdin)
        {
            problems.Add(pointer + "/job/stdin", $"cannot be given to {(judge is InteractorCheck ? "an interactor" : "a checker as well")}");
        }
    }
}
