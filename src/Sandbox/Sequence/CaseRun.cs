using System.Runtime.InteropServices;
using Sandbox.Interop;
using Sandbox.Store;
using Sandbox.Text;

namespace Sandbox.Sequence;

/// <summary>Runs one job of a step and judges what it wrote.</summary>
/// <param name="run">Runs a job.</param>
/// <param name="runTogether">Runs a job, its interactor and the processes beside it.</param>
/// <param name="store">Has answers that are named by their digests.</param>
internal sealed class CaseRun(Func<JobSpec, CancellationToken, Task<JobResult>> run, Func<ProcessesJob, CancellationToken, Task<ProcessesResult>> runTogether, StoredFiles store)
{
    // What is kept of a stream that was judged: a thousand cases are to fit into one result.
    private const int Beginning = 1024;

    /// <summary>Runs it.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="beside">What runs with it.</param>
    /// <param name="check">How to judge it; null for not at all.</param>
    /// <param name="answer">What to compare with.</param>
    /// <param name="points">What it is worth, for a checker that gives points.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<JudgedRun> RunAsync(JobSpec spec, IReadOnlyList<JobProcess> beside, OutputCheck? check, Content? answer, double points, CancellationToken cancellationToken)
    {
        var judgedBy = check is null ? [] : GivenFile.Of(answer, check is JudgeCheck ? (spec.Stdin as ContentStdin)?.Content : null);
        if (check is InteractorCheck interactor)
        {
            var all = await runTogether(InteractorRun.JobFor(interactor, spec, beside, answer), cancellationToken).ConfigureAwait(false);
            var talked = InteractorRun.Judge(interactor, all, points).Shortened(Beginning);
            return talked.Check is null ? talked : talked with { Check = Changed(judgedBy) ?? talked.Check };
        }

        var result = await run(spec, cancellationToken).ConfigureAwait(false);
        if (check is null)
        {
            return new() { Result = result };
        }

        var judged = result.Verdict != Verdict.Ok ? null : Changed(judgedBy) ?? await JudgeAsync(spec, check, answer, result, points, cancellationToken).ConfigureAwait(false);
        return new JudgedRun { Result = result, Check = judged }.Shortened(Beginning);
    }

    private static CheckResult? Changed(List<GivenFile> judgedBy) => judgedBy.Find(static given => !given.IsSame()) is { } changed
        ? new() { Verdict = Verdict.CheckError, Message = $"{Words.Quote(changed.Path)} cannot be read, or was changed while the job ran" }
        : null;

    private async Task<CheckResult> JudgeAsync(JobSpec spec, OutputCheck check, Content? answer, JobResult result, double points, CancellationToken cancellationToken)
    {
        var output = result.Stdout.Content ?? default;
        if (result.Stdout.Truncated)
        {
            return new() { Verdict = Verdict.WrongAnswer, Message = "it wrote more than its limit, and the rest was dropped" };
        }

        if (check is ProgramCheck program)
        {
            var job = CheckProgramRun.JobFor(program, spec.Name + "/check", spec.Stdin, output, answer);
            return CheckProgramRun.Judge(program, await run(job, cancellationToken).ConfigureAwait(false), points);
        }

        try
        {
            using var written = Reading(output);
            await using var expected = Open(answer!, cancellationToken);
            var difference = Comparison.Difference((ComparisonCheck)check, written, expected);
            return difference is null ? new() { Verdict = Verdict.Ok, Message = "", Fraction = 1 } : new() { Verdict = Verdict.WrongAnswer, Message = difference };
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or SandboxException)
        {
            return new() { Verdict = Verdict.CheckError, Message = "the answer cannot be read: " + failure.Message };
        }
    }

    private static MemoryStream Reading(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var there) ? new(there.Array!, there.Offset, there.Count, writable: false) : new(bytes.ToArray(), writable: false);

    private Stream Open(Content answer, CancellationToken cancellationToken) => answer switch
    {
        InlineContent inline => Reading(inline.Bytes),
        StoredContent stored => new FileStream(store.OpenRead(stored.Sha256, cancellationToken), FileAccess.Read),
        FileContent { Path: var path } => OpenRegular(path),
        _ => throw new InvalidOperationException("an answer of a kind that is not known"),
    };

    private static FileStream OpenRegular(string path)
    {
        var error = GivenFile.Open(path, out var file, out _);
        return error == 0 ? new FileStream(file, FileAccess.Read) : throw new IOException($"{Words.Quote(path)}: {(error < 0 ? Errno.Name(-error) : "not a regular file")}");
    }
}
