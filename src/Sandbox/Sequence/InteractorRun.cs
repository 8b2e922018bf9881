using Sandbox.Jobs;

namespace Sandbox.Sequence;

/// <summary>What a job, the processes beside it and their interactor are run as, and what their ends mean.</summary>
internal static class InteractorRun
{
    private const string Written = CheckProgramRun.Feedback + "/output";

    private static readonly TimeSpan s_longer = TimeSpan.FromSeconds(1);

    /// <summary>All of them. None sees anything of another but pipes.</summary>
    /// <param name="check">The interactor.</param>
    /// <param name="spec">The job, whose stdin is the interactor's to know.</param>
    /// <param name="beside">The processes beside it.</param>
    /// <param name="answer">What the interactor is shown beside the input; null for nothing.</param>
    public static ProcessesJob JobFor(InteractorCheck check, JobSpec spec, IReadOnlyList<JobProcess> beside, Content? answer)
    {
        IReadOnlyList<JobProcess> judged = [InteractorPipes.SolutionFor(spec), .. beside.Select(process => process with { Job = process.Job with { Name = $"{spec.Name}/{process.Name}" } })];
        var interactor = InteractorFor(check, spec, judged, answer);
        return new()
        {
            Name = spec.Name,
            Processes = [interactor, .. judged],

            // All relayed: the end of one comes to the others through this program, which then knows who was first. Through a pipe of the kernel another may have ended of it before its own end is
            // heard of. Without a limit a line without an end would be the interactor's memory, and its failure.
            Pipes = [.. judged.SelectMany(static process => PipesOf(process, process.Job.Limits.OutputBytes)), .. PipesOf(interactor, null)],
        };
    }

    /// <summary>What became of those who are judged, and how the interactor judged; null where one of them failed by itself.</summary>
    /// <param name="check">The interactor.</param>
    /// <param name="result">What became of all.</param>
    /// <param name="points">What the case is worth, for an interactor that gives points.</param>
    public static JudgedRun Judge(InteractorCheck check, ProcessesResult result, double points)
    {
        var judged = result.Processes.Skip(1).Select(process => process.Name == result.Culprit ? Blamed(process, result) : process).ToList();
        var failed = judged.Find(process => process.Name == result.Culprit);
        var said = failed is null ? CheckProgramRun.Judge(check, result.Processes[0].Result, points) : null;
        if (said is { Verdict: Verdict.Ok })
        {
            failed = judged.Find(static process => process.Result.Verdict != Verdict.Ok);
        }

        return new()
        {
            Result = judged[0].Result,
            Processes = judged[1..],
            Check = failed is null ? said : null,
            Failed = failed,
        };
    }

    // Over what it may write all are ended together, and only the whole says why.
    private static ProcessResult Blamed(ProcessResult process, ProcessesResult whole) => process.Result.Verdict == Verdict.Cancelled
        ? process with { Result = process.Result with { Verdict = whole.Verdict, Message = whole.Message[(process.Name.Length + 2)..] } }
        : process;

    private static IEnumerable<JobPipe> PipesOf(JobProcess process, long? most) =>
        ProcessesForm.EndsOf(process.Job).Where(static end => end.Writes).Select(end => new JobPipe { Name = end.Pipe, Relay = true, LimitBytes = most });

    private static JobProcess InteractorFor(InteractorCheck check, JobSpec spec, IReadOnlyList<JobProcess> judged, Content? answer) => InteractorPipes.InteractorFor(check.Job with
    {
        Name = spec.Name + "/check",
        Command =
        [
            .. check.Job.Command, .. check.Protocol == CheckProtocol.Kattis
                ? [CheckProgramRun.Input, CheckProgramRun.Answer, CheckProgramRun.Feedback]
                : new[] { CheckProgramRun.Input, Written, CheckProgramRun.Answer },
        ],
        Files =
        [
            .. check.Job.Files,
            CheckProgramRun.File(CheckProgramRun.Input, (spec.Stdin as ContentStdin)?.Content ?? Content.Of(default)),
            CheckProgramRun.File(CheckProgramRun.Answer, answer ?? Content.Of(default)),
        ],
        Mounts = [.. check.Job.Mounts, Mount.Tmpfs(CheckProgramRun.Feedback)],

        // Where each waits for the other, those who are judged are to blame.
        Limits = check.Job.Limits with { WallTime = WallTimeFor(check.Job.Limits.WallTime, judged) },
    });

    private static TimeSpan? WallTimeFor(TimeSpan? own, IReadOnlyList<JobProcess> judged) =>
        own is null ? null : judged.Select(static process => process.Job.Limits.WallTime + s_longer).Append(own).Max();
}
