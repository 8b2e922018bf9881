using System.Diagnostics;
using Sandbox.Execution;
using Xunit;

namespace Sandbox.Tests.Execution;

public sealed class JobEventsTests
{
    private static readonly DateTimeOffset s_createdAt = DateTimeOffset.UnixEpoch;
    private static readonly JobResult s_result = JobResult.NotRun("name", Verdict.Ok, "exited with 0", null);

    [Fact]
    public async Task A_reader_who_comes_late_gets_all_of_them()
    {
        var events = new JobEvents("name", s_createdAt, null);
        Live(events);

        var read = await ReadAll(events);

        Assert.Equal(Enum.GetValues<JobEventKind>(), read.Select(happened => happened.Kind));
        Assert.All(read, happened => Assert.Equal((events.JobId, "name"), (happened.JobId, happened.JobName)));
        Assert.Same(s_result, read[^1].Result);
        Assert.All(read.SkipLast(1), happened => Assert.Null(happened.Result));
    }

    [Fact]
    public async Task A_reader_who_is_there_gets_each_as_it_comes()
    {
        var events = new JobEvents(null, s_createdAt, null);
        var reader = events.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var first = reader.MoveNextAsync();
        var isEarly = first.IsCompleted;

        events.Created();

        Assert.True(await first);
        Assert.False(isEarly);
        Assert.Equal(JobEventKind.Created, reader.Current.Kind);
        var second = reader.MoveNextAsync();
        events.Completed(s_result);
        Assert.True(await second);
        Assert.False(await reader.MoveNextAsync());
    }

    [Fact]
    public async Task Every_reader_gets_all_of_them()
    {
        var events = new JobEvents(null, s_createdAt, null);
        var readers = Enumerable.Range(0, 8).Select(_ => ReadAll(events)).ToArray();

        Live(events);

        Assert.All(await Task.WhenAll(readers), read => Assert.Equal(5, read.Count));
    }

    [Fact]
    public async Task A_reader_can_give_up()
    {
        using var impatience = new CancellationTokenSource(20);
        var events = new JobEvents(null, s_createdAt, null);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await events.GetAsyncEnumerator(impatience.Token).MoveNextAsync());
    }

    [Fact]
    public async Task Nothing_comes_after_the_last()
    {
        var events = new JobEvents(null, s_createdAt, null);
        events.Created();
        events.Completed(s_result);

        events.Ended(Stopwatch.GetTimestamp());
        events.Completed(s_result);

        Assert.Equal([JobEventKind.Created, JobEventKind.Completed], (await ReadAll(events)).Select(happened => happened.Kind));
    }

    [Fact]
    public async Task Stamps_are_nanoseconds_of_the_monotonic_clock()
    {
        var events = new JobEvents(null, s_createdAt, null);
        var stamp = Stopwatch.GetTimestamp();
        events.Started(stamp, []);
        events.Ended(stamp + 1_500_000_000);
        events.Completed(s_result);

        var read = await ReadAll(events);

        Assert.Equal(TimeSpan.FromSeconds(1.5), read[1].At - read[0].At);
        Assert.InRange(read[0].At, s_createdAt, s_createdAt.AddMinutes(1));
    }

    private static void Live(JobEvents events)
    {
        events.Created();
        events.Started(Stopwatch.GetTimestamp(), []);
        events.Ended(Stopwatch.GetTimestamp());
        events.Collected(Stopwatch.GetTimestamp());
        events.Completed(s_result);
    }

    private static async Task<List<JobEvent>> ReadAll(JobEvents events)
    {
        var read = new List<JobEvent>();
        await foreach (var happened in events.WithCancellation(TestContext.Current.CancellationToken))
        {
            read.Add(happened);
        }

        return read;
    }
}
