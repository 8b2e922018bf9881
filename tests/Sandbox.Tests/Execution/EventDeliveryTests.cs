using Sandbox.Execution;
using Xunit;

namespace Sandbox.Tests.Execution;

public sealed class EventDeliveryTests
{
    [Fact]
    public async Task Everything_is_told_once_and_in_order()
    {
        var told = new List<string>();
        var delivery = new EventDelivery(happened => told.Add(happened.JobId));

        for (var number = 0; number < 1000; number++)
        {
            delivery.Post(Event($"{number}"));
        }

        await delivery.Delivered.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(0, 1000).Select(number => $"{number}"), told);
    }

    [Fact]
    public async Task Posting_does_not_wait_for_a_slow_observer()
    {
        using var stopped = new ManualResetEventSlim();
        var told = 0;
        var delivery = new EventDelivery(_ =>
        {
            stopped.Wait();
            told++;
        });

        delivery.Post(Event("1"));
        delivery.Post(Event("2"));
        var isEarly = delivery.Delivered.IsCompleted;
        stopped.Set();
        await delivery.Delivered.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.False(isEarly);
        Assert.Equal(2, told);
    }

    [Fact]
    public async Task An_observer_who_throws_is_told_the_rest_and_is_heard_of()
    {
        var told = new List<string>();
        var heard = new TaskCompletionSource();
        EventHandler<UnobservedTaskExceptionEventArgs> hear = (_, unobserved) =>
        {
            if (unobserved.Exception.InnerException is InvalidTimeZoneException)
            {
                heard.TrySetResult();
            }
        };
        TaskScheduler.UnobservedTaskException += hear;
        var delivery = new EventDelivery(happened =>
        {
            told.Add(happened.JobId);
            throw new InvalidTimeZoneException();
        });

        delivery.Post(Event("1"));
        delivery.Post(Event("2"));
        await delivery.Delivered.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Equal(["1", "2"], told);
        await Collected(heard.Task);
        TaskScheduler.UnobservedTaskException -= hear;
    }

    [Fact]
    public void Nothing_to_tell_is_delivered() => Assert.True(new EventDelivery(_ => { }).Delivered.IsCompleted);

    // The runtime says so when the collector finds the task that nobody looked at.
    private static async Task Collected(Task heard)
    {
        for (var round = 0; round < 100 && !heard.IsCompleted; round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        Assert.True(heard.IsCompleted);
    }

    private static JobEvent Event(string id) => new() { JobId = id, Kind = JobEventKind.Created, At = DateTimeOffset.UnixEpoch };
}
