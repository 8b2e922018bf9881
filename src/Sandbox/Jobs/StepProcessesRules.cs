using Sandbox.Text;

namespace Sandbox.Jobs;

/// <summary>The checks of a step's job, its interactor and the processes beside them, which are connected by pipes.</summary>
internal static class StepProcessesRules
{
    // A job of several processes is run of them, the job and the interactor.
    private const int Most = ProcessesForm.MaxProcesses - 2;

    /// <summary>Notes every problem, each with its place.</summary>
    public static void Check(JobStep step, string pointer, ProblemList problems)
    {
        if (step.Processes is null)
        {
            problems.Add(pointer + "/processes", "must not be null");
            return;
        }

        if (step.Check is not InteractorCheck interactor)
        {
            if (step.Processes.Count > 0 && !problems.Unreadable(pointer + "/check"))
            {
                problems.Add(pointer + "/processes", "are for a step whose \"check\" is an \"interactor\", which talks to all of them");
            }

            return;
        }

        if (step.Processes.Count > Most)
        {
            problems.Add(pointer + "/processes", $"must have at most {Most} processes");
        }

        ProcessesForm.CheckEach(step.Processes, pointer, problems);
        foreach (var process in step.Processes)
        {
            CheckProcess(step, process, pointer + process.Pointer, problems);
        }

        CheckTalkers(step, interactor, pointer, problems);
        ProcessesForm.CheckPipes(
            [
                (InteractorPipes.SolutionFor(step.Job), pointer + "/job"),
                (InteractorPipes.InteractorFor(interactor.Job), pointer + "/check/interactor"),
                .. step.Processes.Select(process => (process, pointer + process.Pointer)),
            ],
            problems);
    }

    // Its streams are told in the result, or are pipes: many cases share nothing else.
    private static void CheckProcess(JobStep step, JobProcess process, string place, ProblemList problems)
    {
        var job = process.Job;
        if (process.Name is InteractorPipes.Solution or InteractorPipes.Interactor)
        {
            problems.Add(place, $"the {process.Name} of the step is called that");
        }

        if (job.Stdin is not (NullStdin or ContentStdin or PipeStdin))
        {
            problems.Add(place + "/stdin", "must be a pipe, or known before");
        }

        foreach (var (member, stream) in new[] { ("/stdout", job.Stdout), ("/stderr", job.Stderr) })
        {
            if (stream is not (CaptureStream or DiscardStream or MergedStream or PipeOutput))
            {
                problems.Add(place + member, "must be a pipe, \"capture\" or \"discard\"");
            }
        }

        if (job.Outputs.Count > 0 || job.Diff is not null)
        {
            problems.Add(place, "has outputs or \"diff\", which are for the step's job");
        }

        if (step.Use.Keys.FirstOrDefault(path => job.Files.Any(file => file.Path == path)) is { } used)
        {
            problems.Add($"{place}/files/{JsonPointer.Escape(used)}", "is one of \"use\", too");
        }
    }

    private static void CheckTalkers(JobStep step, InteractorCheck interactor, string pointer, ProblemList problems)
    {
        var all = step.Processes.Select(process => (Place: pointer + process.Pointer, process.Job))
            .Prepend(($"{pointer}/check/interactor", interactor.Job)).Prepend((pointer + "/job", step.Job));
        foreach (var (place, _) in all.Where(static one => one.Job.Terminal))
        {
            problems.Add(place + "/terminal", "is not for a job that talks to another: its streams are pipes");
        }

        if (step.Job.Stdin is PipeStdin)
        {
            problems.Add(pointer + "/job/stdin", "is made by the check");
        }

        if (step.Job.Stderr is MergedStream)
        {
            problems.Add(pointer + "/job/stderr", "would be read by the interactor");
        }
    }
}
