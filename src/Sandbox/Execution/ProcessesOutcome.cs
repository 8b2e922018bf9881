using Sandbox.Execution.Judging;
using Sandbox.Jobs;

namespace Sandbox.Execution;

/// <summary>Makes one result of those of the processes of a job.</summary>
internal static class ProcessesOutcome
{
    /// <summary>The result.</summary>
    /// <param name="job">The job.</param>
    /// <param name="results">What became of its processes, in their order.</param>
    /// <param name="attachments">What was noted of them, in the same order.</param>
    /// <param name="pipes">What went through its pipes, as far as that is known.</param>
    /// <param name="stop">Why all were ended together; null if they were not.</param>
    public static ProcessesResult Of(ProcessesJob job, IReadOnlyList<JobResult> results, IReadOnlyList<JobAttachment> attachments, IReadOnlyList<PipeResult> pipes, JointStop? stop)
    {
        var processes = job.Processes.Select((process, index) => new EndedProcess(process.Name, results[index], attachments[index].EndedAt, ReadersOf(job, process, pipes)) 
        {
            Closed = ClosedBy(process, pipes),
            Left = [.. job.Processes.Where(other => HasLeft(process.Name, other.Name, pipes)).Select(static other => other.Name)],
        }).ToList();
        var (culprit, verdict, message) = Judge(processes, stop);
        return new()
        {
            Name = job.Name,
            Verdict = verdict,
            Message = culprit is null ? message : $"{culprit}: {message}",
            Culprit = culprit,
            Pipes = pipes,
            Processes = [.. processes.Select(process => new ProcessResult { Name = process.Name, Result = IsSwept(process, stop) ? Swept(process.Result, stop!) : process.Result })],
        };
    }

    /// <summary>Who is to blame, for what, and in which words.</summary>
    public static (string? Culprit, Verdict Verdict, string Message) Judge(IReadOnlyList<EndedProcess> processes, JointStop? stop)
    {
        var culprit = ProcessesBlame.Culprit([.. processes.Where(process => !IsSwept(process, stop))]);
        if (stop is not null && (culprit is null || (culprit.EndedAt > stop.At && !ProcessesBlame.IsOfSandbox(culprit))))
        {
            // Of a time that was up for all, who alone was still running is the one that was waited for. Some end by themselves when they see that others were ended.
            var left = processes.Where(process => IsSwept(process, stop) || process.EndedAt > stop.At).ToList();
            return (stop.Culprit ?? (left.Count == 1 ? left[0].Name : null), stop.Verdict, stop.Message);
        }

        return culprit is null ? (null, Verdict.Ok, "every process ended well") : (culprit.Name, culprit.Result.Verdict, culprit.Result.Message);
    }

    // With pipes both ways it is known who left first; else who is heard of at about the same time counts as well.
    private static List<string> ClosedBy(JobProcess process, IReadOnlyList<PipeResult> pipes) =>
        [.. pipes.Where(pipe => pipe.ClosedBy == process.Name).Select(pipe => pipe.From == process.Name ? pipe.To : pipe.From).Where(other => !AreBothWays(Between(process.Name, other, pipes)))];

    private static List<PipeResult> Between(string one, string other, IReadOnlyList<PipeResult> pipes) =>
        [.. pipes.Where(pipe => (pipe.From == one && pipe.To == other) || (pipe.From == other && pipe.To == one))];

    private static bool AreBothWays(List<PipeResult> between) => between.Exists(pipe => pipe.From != between[0].From);

    // Where all that two see of each other comes through this program, the first closing is of the one that left first: the other can only have ended of it afterwards. Ends are closed one after the
    // other, and the other may have ended in between, so the first is what counts. But who only says that there is no more to read may still be there, and hear the end of the other.
    private static bool HasLeft(string process, string other, IReadOnlyList<PipeResult> pipes)
    {
        var between = Between(process, other, pipes);
        var first = between.Where(static pipe => pipe.ClosedBy is not null).MinBy(static pipe => pipe.ClosedAt);
        if (first is null || !AreBothWays(between))
        {
            return false;
        }

        var isStillThere = first.ClosedBy == first.From && between.Exists(pipe => pipe.From == first.To && pipe.ClosedBy == first.To);
        return process == (isStillThere ? first.To : first.ClosedBy);
    }

    private static bool IsSwept(EndedProcess process, JointStop? stop) => stop is not null && process.Result.Verdict == Verdict.Cancelled;

    private static JobResult Swept(JobResult result, JointStop stop) => result with { Message = "ended with the other processes of its job: " + stop.Message };

    // Those who may have broken one of its pipes. Who closed its own end first was ended by nobody else, and sent SIGPIPE to itself.
    private static List<string> ReadersOf(ProcessesJob job, JobProcess writer, IReadOnlyList<PipeResult> pipes)
    {
        var written = ProcessesForm.EndsOf(writer.Job).Where(static end => end.Writes).Select(static end => end.Pipe).ToHashSet(StringComparer.Ordinal);
        written.ExceptWith(pipes.Where(pipe => pipe.ClosedBy == writer.Name).Select(static pipe => pipe.Name));
        return [.. job.Processes.Where(process => ProcessesForm.EndsOf(process.Job).Any(end => !end.Writes && written.Contains(end.Pipe))).Select(static process => process.Name)];
    }
}
