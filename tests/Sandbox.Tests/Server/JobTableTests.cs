using System.Text;
using Sandbox.Server.Jobs;
using Sandbox.Server.Queue;
using Xunit;

namespace Sandbox.Tests.Server;

public sealed class JobTableTests : IDisposable
{
    private readonly HandSetClock _clock = new();
    private readonly JobQueue _queue;
    private readonly List<(TaskCompletionSource<DocumentResult> End, CancellationToken Cancelled)> _running = [];
    private int _runs;

    public JobTableTests() => _queue = new(new() { Slots = 1, MaxWaiting = 3 }, _clock);

    public void Dispose() => _queue.Dispose();

    [Fact]
    public async Task A_key_brings_the_same_job_again_and_it_runs_once()
    {
        var table = Table(JobAtOnce);

        var (first, second) = (table.Take(Request("a", "body")), table.Take(Request("a", "body")));
        await first.Job!.Result;
        var third = table.Take(Request("a", "body"));

        Assert.Same(first.Job, second.Job);
        Assert.Same(first.Job, third.Job);
        Assert.Equal(1, _runs);
    }

    [Fact]
    public void A_key_with_another_body_conflicts()
    {
        var table = Table(JobAtOnce);
        table.Take(Request("a", "body"));

        Assert.True(table.Take(Request("a", "bodY")).Conflicts);
        Assert.NotNull(table.Take(Request("b", "bodY")).Job);
    }

    [Fact]
    public async Task Jobs_and_keys_of_others_do_not_exist()
    {
        var table = Table(JobAtOnce);
        var (mine, theirs) = (table.Take(Request("a", "body")).Job!, table.Take(Request("a", "other", "you")).Job!);
        await Task.WhenAll(mine.Result, theirs.Result);

        Assert.NotSame(mine, theirs);
        Assert.Equal((mine, theirs), (table.Find("me", mine.Id), table.Find("you", theirs.Id)));
        Assert.Null(table.Find("me", theirs.Id));
        Assert.Null(table.Find("you", mine.Id));
        Assert.Same(mine, table.Take(Request("a", "body")).Job);
    }

    [Fact]
    public async Task A_result_is_kept_for_its_time_and_its_key_with_it()
    {
        var table = Table(JobAtOnce, new() { Age = TimeSpan.FromSeconds(10) });
        var job = table.Take(Request("a", "body")).Job!;
        await job.Result;

        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Same(job, table.Find("me", job.Id));
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Null(table.Find("me", job.Id));
        Assert.NotSame(job, table.Take(Request("a", "other")).Job);
    }

    [Fact]
    public async Task Results_are_kept_up_to_a_number_and_a_size()
    {
        var byNumber = Table(JobAtOnce, new() { Count = 2 });
        var bySize = Table(JobAtOnce, new() { Bytes = 3 * 4096 });
        foreach (var table in new[] { byNumber, bySize })
        {
            var jobs = new List<ServerJob>();
            for (var number = 0; number < 4; number++)
            {
                jobs.Add(table.Take(Request(null, "")).Job!);
                await jobs[^1].Result;
            }

            Assert.Null(table.Find("me", jobs[0].Id));
            Assert.NotNull(table.Find("me", jobs[3].Id));
        }
    }

    [Fact]
    public async Task A_job_that_cannot_be_fails_and_gives_its_slot_back()
    {
        var table = Table((_, _) => throw new InvalidJobException([]));

        await Assert.ThrowsAsync<InvalidJobException>(() => table.Take(Request(null, "")).Job!.Result);
        await Assert.ThrowsAsync<InvalidJobException>(() => table.Take(Request(null, "")).Job!.Result);

        Assert.Equal((0, 0), (_queue.Running, _queue.Waiting));
    }

    [Fact]
    public async Task A_drain_lets_what_runs_end_and_starts_nothing()
    {
        var table = Table(JobThatLasts);
        var (running, waiting) = (table.Take(Request(null, "")).Job!, table.Take(Request(null, "")).Job!);
        SpinWait.SpinUntil(() => _running.Count == 1);

        var drain = table.DrainAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(Verdict.Cancelled, (await waiting.Result).Verdict);
        Assert.Equal(QueueRefusal.Draining, table.Take(Request(null, "")).Refusal);
        Assert.False(drain.IsCompleted);
        _running[0].End.SetResult(Result(Verdict.Ok));
        await drain;

        Assert.Equal(Verdict.Ok, (await running.Result).Verdict);
    }

    [Fact]
    public async Task A_drain_cancels_what_does_not_end_in_time()
    {
        var table = Table(JobThatLasts);
        var running = table.Take(Request(null, "")).Job!;
        SpinWait.SpinUntil(() => _running.Count == 1);

        var drain = table.DrainAsync(TimeSpan.FromSeconds(10));
        _clock.Advance(TimeSpan.FromSeconds(11));
        await drain;

        Assert.Equal(Verdict.Cancelled, (await running.Result).Verdict);
    }

    private JobTable Table(Func<JobDocument, CancellationToken, Task<DocumentResult>> run, RetentionOptions? retention = null) => new(_queue, (job, spec) => run(spec, job.Ended), retention ?? new(), _clock);

    private Task<DocumentResult> JobAtOnce(JobDocument job, CancellationToken cancelled)
    {
        Interlocked.Increment(ref _runs);
        return Task.FromResult<DocumentResult>(Result(Verdict.Ok));
    }

    private Task<DocumentResult> JobThatLasts(JobDocument job, CancellationToken cancelled)
    {
        var end = new TaskCompletionSource<DocumentResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        cancelled.Register(() => end.TrySetResult(Result(Verdict.Cancelled)));
        _running.Add((end, cancelled));
        return end.Task;
    }

    private static JobResult Result(Verdict verdict) => JobResult.CancelledBeforeStart(null, "") with { Verdict = verdict };

    private static JobRequest Request(string? key, string body, string owner = "me") =>
        new() { Spec = new JobSpec() { Command = ["a"] }, Held = null, Owner = owner, Queue = new(), Key = key, Body = Encoding.UTF8.GetBytes(body) };
}
