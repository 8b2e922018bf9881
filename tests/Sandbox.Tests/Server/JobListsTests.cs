using Sandbox.Server.Jobs;
using Sandbox.Server.Queue;
using Xunit;

namespace Sandbox.Tests.Server;

public sealed class JobListsTests : IDisposable
{
    private readonly JobQueue _queue = new(new() { Slots = 2, MaxWaiting = 10 }, TimeProvider.System);
    private readonly Dictionary<string, TaskCompletionSource<DocumentResult>> _running = [];
    private readonly Dictionary<string, ServerJob> _taken = [];

    public void Dispose() => _queue.Dispose();

    [Fact]
    public async Task The_newest_of_those_that_run_wait_and_ended_come_in_this_order()
    {
        var table = Table(new());
        Take(table, "a", "b");
        await EndAsync("a", Verdict.Ok);
        await EndAsync("b", Verdict.WallTimeLimit);
        Take(table, "c", "d", "e", "f");

        Assert.Equal(["d", "c", "f", "e", "b", "a"], Names(table, 50));
        Assert.Equal(["d", "f", "b"], Names(table, 1));
        Assert.Equal([(Verdict.Ok, 1L), (Verdict.WallTimeLimit, 1L)], table.Verdicts("a").OrderBy(static pair => pair.Verdict));
        Assert.Equal(["c", "d"], table.Running().Select(static job => job.Name).Order());
    }

    [Fact]
    public async Task What_is_forgotten_and_what_is_not_kept_is_in_no_list_and_is_counted()
    {
        var table = Table(new() { Count = 1 });
        Take(table, "a", "b");
        await EndAsync("a", Verdict.Ok);
        await EndAsync("b", Verdict.Ok);
        _taken["c"] = table.Take(Request("c") with { IsKept = false }).Job!;
        SpinUntilRuns("c");
        Assert.Equal(["c", "b"], Names(table, 50));
        await EndAsync("c", Verdict.Ok);

        Assert.Equal(["b"], Names(table, 50));
        Assert.Equal((Verdict.Ok, 3L), Assert.Single(table.Verdicts("a")));
        Assert.Empty(table.Verdicts("b"));
        Assert.Empty(table.Newest("b", 50));
    }

    [Fact]
    public void A_job_that_is_cancelled_while_it_waits_leaves_the_queue_for_those_that_ended()
    {
        var table = Table(new());
        Take(table, "a", "b", "c");

        _taken["c"].Cancel();

        Assert.True(SpinWait.SpinUntil(() => _taken["c"].State == JobState.Finished, TimeSpan.FromSeconds(30)));
        Assert.Equal(["a", "b"], table.Running().Select(static job => job.Name).Order());
        Assert.Equal("c", Names(table, 50)[^1]);
    }

    [Fact]
    public void Samples_are_bounded_and_span_the_whole_run()
    {
        var samples = new UsageSamples();
        for (var at = 0; at < 100_000; at++)
        {
            samples.Add(new(at, at, at, null));
        }

        var kept = samples.All();
        Assert.InRange(kept.Length, UsageSamples.Most / 2, UsageSamples.Most);
        Assert.Equal(0, kept[0].AtMs);
        Assert.InRange(kept[^1].AtMs, 99_000, 100_000);
        var steps = kept.Zip(kept.Skip(1)).Select(static pair => pair.Second.AtMs - pair.First.AtMs).Distinct();
        Assert.Single(steps);
        Assert.InRange(samples.Bytes, 1, 32 * 256);
    }

    // The look that it is of was taken already.
    [Fact]
    public void A_sample_does_not_come_twice()
    {
        var samples = new UsageSamples();

        samples.Add(new(10, 1, 2, null));
        samples.Add(new(10, 1, 2, null));
        samples.Add(new(11, 1, 2, 1));

        Assert.Equal([new UsageSample(10, 1, 2, null), new UsageSample(11, 1, 2, 1)], samples.All());
    }

    private static List<string?> Names(JobTable table, int most) => [.. table.Newest("a", most).Select(static job => job.Name)];

    private void Take(JobTable table, params string[] names)
    {
        foreach (var name in names)
        {
            _taken[name] = table.Take(Request(name)).Job!;
            if (_queue.Waiting == 0)
            {
                SpinUntilRuns(name);
            }
        }
    }

    private void SpinUntilRuns(string name) => Assert.True(SpinWait.SpinUntil(() => Running(name) is not null, TimeSpan.FromSeconds(30)));

    private TaskCompletionSource<DocumentResult>? Running(string name)
    {
        lock (_running)
        {
            return _running.GetValueOrDefault(name);
        }
    }

    private async Task EndAsync(string name, Verdict verdict)
    {
        Running(name)!.SetResult(JobResult.CancelledBeforeStart(name, "") with { Verdict = verdict });
        await _taken[name].Result;
    }

    private JobTable Table(RetentionOptions retention) => new(_queue, (job, _) =>
    {
        lock (_running)
        {
            return (_running[job.Name!] = new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }, retention, TimeProvider.System);

    private static JobRequest Request(string name) => new() { Spec = new JobSpec() { Command = ["a"], Name = name }, Owner = "a", Held = null, Queue = new() };
}
