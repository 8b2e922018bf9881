namespace Sandbox.Sequence;

/// <summary>What a job and its interactor are run as, and what their ends mean.</summary>
internal static class InteractorRun
{
    private const string Solution = "job";
    private const string Interactor = "interactor";
    private const string Questions = "from-job";
    private const string Replies = "to-job";
    private const string Written = CheckProgramRun.Feedback + "/output";

    private static readonly TimeSpan s_longer = TimeSpan.FromSeconds(1);

    /// <summary>The two of them. Neither sees anything of the other but two pipes.</summary>
    /// <param name="check">The interactor.</param>
    /// <param name="spec">The job, whose stdin is the interactor's to know.</param>
    /// <param name="answer">What the interactor is shown beside it; null for nothing.</param>
    public static ProcessesJob JobFor(InteractorCheck check, JobSpec spec, Content? answer) => new()
    {
        Name = spec.Name,
        Processes =
        [
            new() { Name = Interactor, Job = InteractorFor(check, spec, answer) },
            new() { Name = Solution, Job = spec with { Stdin = new PipeStdin { Pipe = Replies }, Stdout = new PipeOutput { Pipe = Questions } } },
        ],

        // Both relayed: the end of one comes to the other through this program, which then knows who was first. Through a pipe of the kernel the other may have ended of it before its own end is
        // heard of. Without a limit a line without an end would be the interactor's memory, and its failure.
        Pipes = [new() { Name = Questions, Relay = true, LimitBytes = spec.Limits.OutputBytes }, new() { Name = Replies, Relay = true }],
    };

    /// <summary>The result of the job, and how the interactor judged; null where the job failed by itself.</summary>
    /// <param name="check">The interactor.</param>
    /// <param name="result">What became of the two.</param>
    /// <param name="points">What the case is worth, for an interactor that gives points.</param>
    public static (JobResult Result, CheckResult? Check) Judge(InteractorCheck check, ProcessesResult result, double points)
    {
        var interactor = result.Processes[0].Result;
        var solution = result.Processes[1].Result;
        if (result.Culprit == Solution)
        {
            // Over what it may write both are ended together, and only the whole says why.
            return (solution.Verdict == Verdict.Cancelled ? solution with { Verdict = result.Verdict, Message = result.Message[(Solution.Length + 2)..] } : solution, null);
        }

        var judged = CheckProgramRun.Judge(check, interactor, points);
        return (solution, judged.Verdict == Verdict.Ok && solution.Verdict != Verdict.Ok ? null : judged);
    }

    private static JobSpec InteractorFor(InteractorCheck check, JobSpec spec, Content? answer) => check.Job with
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
        Stdin = new PipeStdin { Pipe = Questions },
        Stdout = new PipeOutput { Pipe = Replies },

        // Where each waits for the other, the job is to blame.
        Limits = check.Job.Limits with { WallTime = check.Job.Limits.WallTime is { } own && spec.Limits.WallTime + s_longer is { } most && most > own ? most : check.Job.Limits.WallTime },
    };
}
