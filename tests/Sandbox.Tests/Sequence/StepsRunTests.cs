using System.Text;
using Sandbox.Images;
using Sandbox.Sequence;
using Sandbox.Store;
using Xunit;

namespace Sandbox.Tests.Sequence;

/// <summary>What is run, skipped and counted, with a runner that starts nothing.</summary>
public sealed class StepsRunTests
{
    [Fact]
    public async Task Cases_of_all_jobs_of_a_process_are_at_most_64_at_a_time()
    {
        var (now, most, all) = (0, 0, new TaskCompletionSource());
        var cases = Enumerable.Range(0, 150).Select(static number => Case($"{number}", null)).ToArray();
        async Task<JobResult> Run(JobSpec job, CancellationToken cancellationToken)
        {
            var running = Interlocked.Increment(ref now);
            int seen;
            while (running > (seen = Volatile.Read(ref most)) && Interlocked.CompareExchange(ref most, running, seen) != seen)
            {
            }

            // The first ones end when there are as many as can be: what is counted does not depend on the machine's speed.
            if (running == 64)
            {
                all.TrySetResult();
            }

            await all.Task;
            await Task.Yield();
            Interlocked.Decrement(ref now);
            return Ended(Verdict.Ok);
        }

        var jobs = Enumerable.Range(0, 3).Select(_ => RunOf(Step(cases) with { Parallel = 64 }, Run).RunAsync(TestContext.Current.CancellationToken));
        var results = await Task.WhenAll(jobs);

        Assert.Equal(64, most);
        Assert.All(results, result => Assert.Equal(cases.Select(static one => one.Name), result.Steps[0].Cases.Select(static one => one.Name)));
        Assert.All(results, static result => Assert.Equal(Verdict.Ok, result.Verdict));
    }

    // Two jobs, each case of which has five processes beside the interactor, may have twelve at a time.
    [Fact]
    public async Task A_case_of_several_processes_has_a_place_for_each()
    {
        var (now, most, all) = (0, 0, new TaskCompletionSource());
        var step = Step([.. Enumerable.Range(0, 40).Select(static number => Case($"{number}", null))]) with
        {
            Parallel = 64,
            Processes = [.. Enumerable.Range(0, 4).Select(static number => new JobProcess { Name = $"p{number}", Job = new() { Command = ["other"] } })],
            Check = OutputCheck.Interactor(new() { Command = ["interactor"] }),
        };
        async Task<ProcessesResult> Run(ProcessesJob job, CancellationToken cancellationToken)
        {
            Assert.Equal(["interactor", "job", "p0", "p1", "p2", "p3"], job.Processes.Select(static process => process.Name));
            var running = Interlocked.Increment(ref now);
            int seen;
            while (running > (seen = Volatile.Read(ref most)) && Interlocked.CompareExchange(ref most, running, seen) != seen)
            {
            }

            if (running == 12)
            {
                all.TrySetResult();
            }

            await all.Task;
            await Task.Yield();
            Interlocked.Decrement(ref now);
            return new() { Verdict = Verdict.Ok, Message = "", Processes = [.. job.Processes.Select(static process => new ProcessResult { Name = process.Name, Result = Ended(Verdict.Ok) })] };
        }

        var jobs = Enumerable.Range(0, 2).Select(_ => RunOf(step, static (_, _) => throw new InvalidOperationException("nothing runs alone here"), together: Run).RunAsync(TestContext.Current.CancellationToken));
        var results = await Task.WhenAll(jobs);

        Assert.Equal(12, most);
        Assert.All(results, static result => Assert.Equal(Verdict.Ok, result.Verdict));
        Assert.All(results.SelectMany(static result => result.Steps[0].Cases), static one => Assert.Equal(4, one.Processes.Count));
    }

    // Of a case with three processes.
    [Fact]
    public async Task What_processes_beside_the_job_wrote_is_bounded_together_too()
    {
        var output = new byte[(8 << 20) + 1];
        var step = Step([.. Enumerable.Range(0, 8192).Select(static number => Case($"{number}", null))]) with
        {
            Processes = [.. Enumerable.Range(0, 2).Select(static number => new JobProcess { Name = $"p{number}", Job = new() { Command = ["other"] } })],
            Check = OutputCheck.Interactor(new() { Command = ["interactor"] }),
        };

        var result = await RunOf(step, static (_, _) => throw new InvalidOperationException("nothing runs alone here"), together: (job, _) => Task.FromResult(new ProcessesResult
        {
            Verdict = Verdict.Ok,
            Message = "",
            Processes = [.. job.Processes.Select(process => new ProcessResult { Name = process.Name, Result = Ended(Verdict.Ok) with { Stderr = new() { Bytes = output.Length, Content = output } } })],
        })).RunAsync(TestContext.Current.CancellationToken);

        Assert.All(result.Steps[0].Cases.SelectMany(static one => one.Processes), static one => Assert.Equal((1024, true), (one.Result.Stderr.Content!.Value.Length, one.Result.Stderr.Truncated)));
    }

    [Fact]
    public async Task A_cancelled_job_waits_for_no_place_and_says_that_it_is_cancelled()
    {
        var step = Step([.. Enumerable.Range(0, 100).Select(static number => Case($"{number}", null))]) with { Parallel = 64 };

        var result = await RunOf(step, static (_, _) => Task.FromResult(Ended(Verdict.Cancelled))).RunAsync(new CancellationToken(canceled: true));

        Assert.Equal(Verdict.Cancelled, result.Verdict);
        Assert.Equal(100, result.Steps[0].Cases.Count);
    }

    [Theory]
    [InlineData(FailureAction.Stop, "ok wrong-answer skipped skipped skipped", 0)]
    [InlineData(FailureAction.SkipGroup, "ok wrong-answer skipped skipped ok", 5)]
    [InlineData(FailureAction.Continue, "ok wrong-answer ok skipped ok", 5)]
    public async Task What_follows_a_failure_is_skipped_as_the_step_says(FailureAction action, string verdicts, double points)
    {
        var step = Step([Case("right1", "a"), Case("wrong", "a"), Case("right2", "a"), Case("right3", "b"), Case("right4", "c")]) with
        {
            Check = OutputCheck.Tokens,
            OnFailure = action,
            Groups = [new() { Name = "a", Points = 10 }, new() { Name = "b", Points = 20, Requires = ["a"] }, new() { Name = "c", Points = 5 }],
        };

        var result = await RunOf(step, Echo).RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(verdicts, string.Join(' ', result.Steps[0].Cases.Select(static one => ResultFile.NameOf(one.Verdict))));
        Assert.Equal(new Points { Reached = points, Of = 35 }, result.Points);
        Assert.Equal(Verdict.WrongAnswer, result.Verdict);
    }

    [Fact]
    public async Task A_failure_of_the_sandbox_goes_before_a_wrong_answer_and_stops_everything()
    {
        var step = Step([Case("wrong", null), Case("broken", null), Case("right", null)]) with { Check = OutputCheck.Tokens, OnFailure = FailureAction.Continue };

        var result = await RunOf(step, static (job, cancellationToken) => job.Name!.EndsWith("broken", StringComparison.Ordinal)
            ? Task.FromResult(Ended(Verdict.InternalError)) : Echo(job, cancellationToken)).RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(Verdict.InternalError, result.Verdict);
        Assert.Equal([Verdict.WrongAnswer, Verdict.InternalError, Verdict.Skipped], result.Steps[0].Cases.Select(static one => one.Verdict));
    }

    [Fact]
    public async Task A_sum_counts_cases_by_their_weights()
    {
        var step = Step([Case("right1", "a") with { Points = 3 }, Case("wrong", "a")]) with
        {
            Check = OutputCheck.Tokens,
            OnFailure = FailureAction.Continue,
            Groups = [new() { Name = "a", Points = 40, Score = GroupScore.Sum }],
        };

        var result = await RunOf(step, Echo).RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(new Points { Reached = 30, Of = 40 }, result.Points);
    }

    [Theory]
    [InlineData(1, 8 << 20)]
    [InlineData(8, 1 << 20)]
    [InlineData(10_000, 1024)]
    public async Task What_all_cases_wrote_is_bounded_together(int cases, int most)
    {
        var output = new byte[(8 << 20) + 1];
        var step = Step([.. Enumerable.Range(0, cases).Select(static number => Case($"{number}", null))]);

        var result = await RunOf(step, (_, _) => Task.FromResult(Ended(Verdict.Ok) with { Stdout = new() { Bytes = output.Length, Content = output } }))
            .RunAsync(TestContext.Current.CancellationToken);

        Assert.All(result.Steps[0].Cases, one => Assert.Equal((most, true), (one.Result!.Stdout.Content!.Value.Length, one.Result.Stdout.Truncated)));
    }

    [Fact]
    public async Task Only_the_checker_gets_the_answer()
    {
        var seen = new List<JobSpec>();
        var step = Step([Case("right", null) with { Answer = Content.Text("secret") }]) with { Check = OutputCheck.Program(new() { Command = ["checker"] }) };

        var result = await RunOf(step, (job, cancellationToken) =>
        {
            seen.Add(job);
            return Task.FromResult(Ended(Verdict.Ok, "out"));
        }).RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(Verdict.Ok, result.Verdict);
        Assert.Equal(["program", "checker"], seen.Select(static job => job.Command[0]));
        Assert.Empty(seen[0].Files);
        Assert.Equal(["/check/input", "/check/output", "/check/answer"], seen[1].Files.Select(static file => file.Path));
        Assert.All(seen[1].Files, static file => Assert.True(file.ReadOnly));
    }

    [Fact]
    public async Task What_is_kept_is_what_was_collected()
    {
        using var store = new TemporaryDirectory();
        var step = Step([]) with { Keep = new Dictionary<string, string> { ["program"] = "/work/program" } };

        var sound = await RunOf(step, (job, _) => Task.FromResult(Collected(job, "made", "made")), store.Path).RunAsync(TestContext.Current.CancellationToken);
        var forged = await RunOf(step, (job, _) => Task.FromResult(Collected(job, "made", "forged")), store.Path).RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal((Verdict.Ok, 1), (sound.Verdict, sound.Steps[0].Kept.Count));
        Assert.Equal((Verdict.InternalError, 0), (forged.Verdict, forged.Steps[0].Kept.Count));
    }

    [Fact]
    public async Task A_store_that_takes_nothing_is_a_verdict_and_no_exception()
    {
        var step = Step([]) with { Keep = new Dictionary<string, string> { ["program"] = "/work/program" } };

        var result = await RunOf(step, (job, _) => Task.FromResult(Collected(job, "made", "made")), "/proc/nowhere").RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(Verdict.SetupError, result.Verdict);
        Assert.Contains("program", result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_cancelled_while_it_is_kept_is_cancelled()
    {
        using var store = new TemporaryDirectory();
        using var cancelled = new CancellationTokenSource();
        var step = Step([]) with { Keep = new Dictionary<string, string> { ["program"] = "/work/program" } };

        var result = await RunOf(step, (job, _) =>
        {
            cancelled.Cancel();
            return Task.FromResult(Collected(job, "made", "made"));
        }, store.Path).RunAsync(cancelled.Token);

        Assert.Equal(Verdict.Cancelled, result.Verdict);
    }

    private static JobResult Collected(JobSpec job, string told, string there)
    {
        var output = Assert.Single(job.Outputs);
        File.WriteAllText(output.To, there);
        var digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(told)));
        return Ended(Verdict.Ok) with { Outputs = [new() { Path = output.Path, Bytes = told.Length, Sha256 = digest, To = output.To }] };
    }

    private static Task<JobResult> Echo(JobSpec job, CancellationToken cancellationToken) =>
        Task.FromResult(Ended(Verdict.Ok, job.Name!.Contains("right", StringComparison.Ordinal) ? "right" : "no"));

    private static StepsRun RunOf(JobStep step, Func<JobSpec, CancellationToken, Task<JobResult>> run, string store = "/nonexistent", Func<ProcessesJob, CancellationToken, Task<ProcessesResult>>? together = null) =>
        new(new() { Name = "job", Steps = [step] }, run, together ?? (static (_, _) => throw new InvalidOperationException("nothing runs together here")), new StoredFiles(store), static () => StoreSize.Default, new(new StoredFiles(store), () => UnpackedImages.Of(store)));

    private static JobStep Step(IReadOnlyList<StepCase> cases) => new() { Name = "tests", Job = new() { Command = ["program"] }, Cases = cases };

    private static StepCase Case(string name, string? group) => new() { Name = name, Group = group, Answer = Content.Text("right") };

    private static JobResult Ended(Verdict verdict, string output = "") => JobResult.CancelledBeforeStart(null, "as the test wants") with
    {
        Verdict = verdict,
        ExitCode = verdict == Verdict.Ok ? 0 : null,
        Stdout = new() { Bytes = output.Length, Content = Encoding.UTF8.GetBytes(output) },
    };
}
