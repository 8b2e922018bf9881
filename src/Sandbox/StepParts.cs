namespace Sandbox;

/// <summary>
/// The sandboxes of a job of steps as whoever decides what jobs may have sees them: the job of each step, what each case adds to it, and the programs that judge. An answer is one of
/// its case's files here, because it is read for the job as they are.
/// </summary>
internal static class StepParts
{
    private const string Answer = "/check/answer";

    /// <summary>All of them.</summary>
    public static IEnumerable<JobPart> Of(StepsJob job)
    {
        for (var index = 0; index < job.Steps.Count; index++)
        {
            var (step, pointer) = (job.Steps[index], PointerOf(index));
            yield return new() { Pointer = pointer + "/job", Job = step.Job };
            foreach (var process in step.Processes)
            {
                yield return new() { Pointer = pointer + process.Pointer, Job = process.Job };
            }

            for (var number = 0; number < step.Cases.Count; number++)
            {
                yield return new() { Pointer = PointerOf(index, number), Job = Addition(step, step.Cases[number]) };
            }

            if (step.Check is JudgeCheck check)
            {
                yield return new() { Pointer = $"{pointer}/check/{check.Member}", Job = check.Job };
            }
        }
    }

    /// <summary>The job with each of them as a function returns it.</summary>
    public static StepsJob Change(StepsJob job, Func<JobPart, JobSpec> change)
    {
        JobSpec Changed(string pointer, JobSpec part) => change(new() { Pointer = pointer, Job = part });
        return job with
        {
            Steps = [.. job.Steps.Select((step, index) => step with
            {
                Job = Changed(PointerOf(index) + "/job", step.Job),
                Processes = [.. step.Processes.Select(process => process with { Job = Changed(PointerOf(index) + process.Pointer, process.Job) })],
                Cases = [.. step.Cases.Select((@case, number) => TakeBack(@case, Changed(PointerOf(index, number), Addition(step, @case))))],
                Check = step.Check is JudgeCheck check ? check with { Job = Changed($"{PointerOf(index)}/check/{check.Member}", check.Job) } : step.Check,
            })],
        };
    }

    /// <summary>The most that the limits of sandboxes at one time come to.</summary>
    public static long? MemoryAtOnce(StepsJob job)
    {
        long most = 0;
        foreach (var step in job.Steps)
        {
            var checker = step.Check is JudgeCheck check ? check.Job.Limits.MemoryBytes : 0;
            if (step.Job.Limits.MemoryBytes is not { } run || checker is not { } judged || step.Processes.Any(static process => process.Job.Limits.MemoryBytes is null))
            {
                return null;
            }

            // An interactor and further processes run at the same time, and a checker afterwards.
            var others = step.Processes.Aggregate(Int128.Zero, static (sum, process) => sum + process.Job.Limits.MemoryBytes!.Value);
            var one = (step.Check is InteractorCheck ? run + judged + others : Math.Max(run, judged)) * Math.Clamp(step.Parallel, 1, Math.Max(step.Cases.Count, 1));
            most = (long)Int128.Min(Int128.Max(most, one), long.MaxValue);
        }

        return most;
    }

    /// <summary>The place of a step.</summary>
    public static string PointerOf(int step) => FormattableString.Invariant($"/steps/{step}");

    /// <summary>The place of a case.</summary>
    public static string PointerOf(int step, int @case) => FormattableString.Invariant($"/steps/{step}/forEach/{@case}");

    /// <summary>What a case adds, as a job that has nothing else of its own.</summary>
    public static JobSpec Addition(JobStep step, StepCase @case) => new()
    {
        Command = [.. step.Job.Command.Count == 0 ? ["x"] : step.Job.Command, .. @case.Args],
        Rootfs = step.Job.Rootfs,
        Env = @case.Env,
        Files = @case.Answer is { } answer ? [.. @case.Files, new() { Path = Answer, Content = answer }] : @case.Files,
        Stdin = @case.Stdin ?? new NullStdin(),
        Limits = step.Job.Limits,
    };

    private static StepCase TakeBack(StepCase @case, JobSpec changed) => @case with
    {
        Env = changed.Env,
        Files = @case.Answer is null ? changed.Files : [.. changed.Files.Take(changed.Files.Count - 1)],
        Answer = @case.Answer is null ? null : changed.Files[^1].Content,
        Stdin = @case.Stdin is null ? null : changed.Stdin,
    };
}
