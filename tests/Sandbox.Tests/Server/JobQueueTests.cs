using Sandbox.Server.Queue;
using Xunit;

namespace Sandbox.Tests.Server;

public sealed class JobQueueTests : IDisposable
{
    private readonly HandSetClock _clock = new();
    private readonly List<JobQueue> _queues = [];

    public void Dispose() => _queues.ForEach(queue => queue.Dispose());

    [Fact]
    public void As_many_run_as_there_are_slots_and_each_has_its_own()
    {
        var queue = Queue(slots: 2);

        var granted = Enumerable.Range(0, 3).Select(_ => Enter(queue)).ToList();

        Assert.Equal([true, true, false], granted.Select(ticket => ticket.End.IsCompleted));
        Assert.Equal([0, 1], granted.Take(2).Select(ticket => Grant(ticket).Slot).Order());
        Assert.Equal((2, 1), (queue.Running, queue.Waiting));
    }

    [Fact]
    public void A_slot_that_is_given_back_goes_to_the_oldest()
    {
        var queue = Queue(slots: 1);
        var (running, first, second) = (Enter(queue), Enter(queue), Enter(queue));

        Grant(running).Dispose();

        Assert.True(first.End.IsCompleted);
        Assert.False(second.End.IsCompleted);
    }

    [Fact]
    public void A_job_that_waits_no_more_holds_no_place_among_the_deadlines()
    {
        var queue = Queue(slots: 1);
        var running = Enter(queue);
        var waiting = Enumerable.Range(0, 3).Select(_ => queue.Enter(new() { StartBefore = TimeSpan.FromHours(1) }).Ticket!).ToList();

        Assert.Equal(3, queue.Deadlines);
        waiting[1].Cancel();
        Grant(running).Dispose();

        Assert.Equal(1, queue.Deadlines);
    }

    [Fact]
    public void A_slot_that_is_given_back_twice_is_one_slot()
    {
        var queue = Queue(slots: 1);
        var grant = Grant(Enter(queue));

        grant.Dispose();
        grant.Dispose();

        Assert.Equal([true, false], new[] { Enter(queue), Enter(queue) }.Select(ticket => ticket.End.IsCompleted));
    }

    [Fact]
    public void A_higher_priority_goes_first()
    {
        var queue = Queue(slots: 1);
        var running = Enter(queue);
        var (low, high) = (Enter(queue, priority: -1), Enter(queue, priority: 1));

        Grant(running).Dispose();

        Assert.Equal([false, true], new[] { low, high }.Select(ticket => ticket.End.IsCompleted));
    }

    [Fact]
    public void A_tenant_with_a_hundred_jobs_does_not_hold_up_one_with_one()
    {
        var queue = Queue(slots: 1);
        var flood = Enumerable.Range(0, 100).Select(_ => Enter(queue, "flood")).ToList();
        var single = Enter(queue, "single");
        Assert.Equal(0, single.Position);

        _clock.Advance(TimeSpan.FromSeconds(1));
        Grant(flood[0]).Dispose();

        Assert.True(single.End.IsCompleted);
    }

    [Fact]
    public void Tenants_have_equal_shares_of_the_time_not_of_the_number()
    {
        var queue = Queue(slots: 1);
        var order = new List<string>();
        var waiting = new[] { ("long", 4.0), ("short", 1.0) }
            .SelectMany(kind => Enumerable.Range(0, 20).Select(_ => (Kind: kind.Item1, Seconds: kind.Item2, Ticket: Enter(queue, kind.Item1)))).ToList();
        for (var number = 0; number < 20; number++)
        {
            var next = waiting.Single(job => job.Ticket.End.IsCompleted);
            waiting.Remove(next);
            order.Add(next.Kind);
            _clock.Advance(TimeSpan.FromSeconds(next.Seconds));
            Grant(next.Ticket).Dispose();
        }

        Assert.InRange(order.Count(kind => kind == "long"), 3, 6);
    }

    [Fact]
    public void Whoever_was_away_has_not_saved_up()
    {
        var queue = Queue(slots: 1);
        for (var number = 0; number < 5; number++)
        {
            var ticket = Enter(queue, "busy");
            _clock.Advance(TimeSpan.FromSeconds(10));
            Grant(ticket).Dispose();
        }

        var running = Enter(queue, "busy");
        var (one, other, another) = (Enter(queue, "busy"), Enter(queue, "new"), Enter(queue, "new"));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Grant(running).Dispose();
        _clock.Advance(TimeSpan.FromSeconds(1));
        Grant(other).Dispose();

        Assert.True(one.End.IsCompleted);
        Assert.False(another.End.IsCompleted);
    }

    [Fact]
    public void What_can_never_fit_is_refused_and_the_rest_waits_for_memory()
    {
        var queue = Queue(slots: 4, memory: 100);
        var large = Enter(queue, memory: 80);
        var waits = Enter(queue, memory: 30);

        Assert.Equal(QueueRefusal.NeverFits, queue.Enter(new() { MemoryBytes = 101 }).Refusal);
        Assert.False(waits.End.IsCompleted);
        Grant(large).Dispose();
        Assert.True(waits.End.IsCompleted);
    }

    [Fact]
    public void Small_jobs_pass_a_large_one_only_so_often()
    {
        var queue = Queue(slots: 4, memory: 100, passes: 3);
        var first = Enter(queue, memory: 60);
        var large = Enter(queue, memory: 60);
        var small = Enumerable.Range(0, 5).Select(number => Enter(queue, $"{number}", memory: 10)).ToList();

        foreach (var passing in small.Where(ticket => ticket.End.IsCompleted).ToList())
        {
            Grant(passing).Dispose();
        }

        Assert.Equal(3, small.Count(ticket => ticket.End.IsCompleted));
        Grant(first).Dispose();
        Assert.True(large.End.IsCompleted);
        Assert.All(small, ticket => Assert.True(ticket.End.IsCompleted));
    }

    [Fact]
    public void A_full_queue_takes_no_more()
    {
        var queue = Queue(slots: 1, waiting: 2);
        _ = (Enter(queue), Enter(queue), Enter(queue));

        Assert.Equal(QueueRefusal.Full, queue.Enter(new()).Refusal);
    }

    [Fact]
    public async Task A_job_that_is_not_worth_starting_any_more_is_let_go_of()
    {
        var queue = Queue(slots: 1);
        var running = Enter(queue);
        var late = queue.Enter(new() { StartBefore = TimeSpan.FromSeconds(5) }).Ticket!;

        _clock.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal(QueueOutcome.Expired, (await late.End).Outcome);
        Assert.Equal(0, queue.Waiting);
        Grant(running).Dispose();
        Assert.True(Enter(queue).End.IsCompleted);
    }

    [Fact]
    public async Task A_job_that_is_taken_back_frees_its_place()
    {
        var queue = Queue(slots: 1, waiting: 1);
        _ = Enter(queue);
        var waiting = Enter(queue);

        waiting.Cancel();
        waiting.Cancel();

        Assert.Equal(QueueOutcome.Cancelled, (await waiting.End).Outcome);
        Assert.Equal((0, null), (queue.Waiting, waiting.Position));
    }

    [Fact]
    public void A_job_that_has_its_slot_cannot_be_taken_back()
    {
        var queue = Queue(slots: 1);
        var running = Enter(queue);

        running.Cancel();

        Assert.Equal(1, queue.Running);
    }

    [Fact]
    public async Task A_closed_queue_lets_go_of_those_that_wait_and_not_of_those_that_run()
    {
        var queue = Queue(slots: 1);
        var (running, waiting) = (Enter(queue), Enter(queue));

        queue.Close();

        Assert.Equal(QueueOutcome.Draining, (await waiting.End).Outcome);
        Assert.Equal(QueueRefusal.Draining, queue.Enter(new()).Refusal);
        Grant(running).Dispose();
        Assert.Equal(0, queue.Running);
    }

    [Fact]
    public void The_wait_is_estimated_by_what_jobs_last()
    {
        var queue = Queue(slots: 2);
        for (var number = 0; number < 200; number++)
        {
            var ticket = Enter(queue);
            _clock.Advance(TimeSpan.FromSeconds(4));
            Grant(ticket).Dispose();
        }

        _ = (Enter(queue), Enter(queue));

        Assert.InRange(queue.EstimatedWait(ahead: 3).TotalSeconds, 7.9, 8.1);
    }

    [Fact]
    public async Task Thousands_of_jobs_from_many_threads_never_have_more_slots_than_there_are()
    {
        var queue = new JobQueue(new() { Slots = 3, MaxWaiting = 10_000, MemoryBytes = 50 }, TimeProvider.System);
        _queues.Add(queue);
        var (running, most, memory, mostMemory) = (0, 0, 0L, 0L);

        // Those that run at first wait for each other, so that all slots are taken at one moment however busy the machine is.
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await Parallel.ForEachAsync(Enumerable.Range(0, 3000), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (number, _) =>
        {
            var bytes = number < 100 ? 1 : (number % 30) + 1;
            var ticket = queue.Enter(new() { Tenant = $"{number % 7}", Priority = number % 3, MemoryBytes = bytes }).Ticket!;
            if (number % 11 == 0)
            {
                ticket.Cancel();
            }

            var (_, grant) = await ticket.End;
            using (grant)
            {
                if (grant is not null)
                {
                    Raise(ref most, Interlocked.Increment(ref running));
                    Raise(ref mostMemory, Interlocked.Add(ref memory, bytes));
                    if (Volatile.Read(ref running) == 3)
                    {
                        all.TrySetResult();
                    }

                    await all.Task;
                    await Task.Yield();
                    Interlocked.Add(ref memory, -bytes);
                    Interlocked.Decrement(ref running);
                }
            }
        });

        Assert.Equal((3, 0, 0), (most, queue.Running, queue.Waiting));
        Assert.InRange(mostMemory, 1, 50);
    }

    [Fact]
    public void New_names_of_tenants_bring_an_account_nothing()
    {
        var queue = Queue(slots: 1);
        var running = Grant(Enter(queue, "0", account: "a"));
        var flood = Enumerable.Range(1, 5).Select(number => Enter(queue, $"{number}", account: "a")).ToList();
        var (first, second) = (Enter(queue, account: "b"), Enter(queue, account: "b"));

        Assert.Equal((0, 2), (first.Position, second.Position));
        Assert.Equal([1, 3, 4, 5, 6], flood.Select(static ticket => ticket.Position));
        _clock.Advance(TimeSpan.FromSeconds(5));
        running.Dispose();

        Assert.True(first.End.IsCompleted);
    }

    [Fact]
    public void An_account_has_no_more_places_than_it_may()
    {
        var queue = Queue(slots: 1, waiting: 4);
        using var running = Grant(Enter(queue, account: "a"));
        var waiting = Enter(queue, "x", account: "a");
        QueueEntry Ask(string account) => queue.Enter(new() { Account = account, MostWaiting = 2 });

        Assert.Null(Ask("a").Refusal);
        Assert.Equal(QueueRefusal.Full, Ask("a").Refusal);
        Assert.Null(Ask("b").Refusal);
        waiting.Cancel();

        Assert.Null(Ask("a").Refusal);
    }

    private static void Raise(ref int most, int now)
    {
        for (var seen = Volatile.Read(ref most); now > seen; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, now, seen);
        }
    }

    private static void Raise(ref long most, long now)
    {
        for (var seen = Volatile.Read(ref most); now > seen; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, now, seen);
        }
    }

    private JobQueue Queue(int slots, int waiting = 1000, long memory = long.MaxValue, int passes = 16)
    {
        var queue = new JobQueue(new() { Slots = slots, MaxWaiting = waiting, MemoryBytes = memory, MaxPasses = passes }, _clock);
        _queues.Add(queue);
        return queue;
    }

    private static QueueTicket Enter(JobQueue queue, string tenant = "", int priority = 0, long memory = 0, string account = "") =>
        queue.Enter(new() { Account = account, Tenant = tenant, Priority = priority, MemoryBytes = memory }).Ticket!;

    private static QueueGrant Grant(QueueTicket ticket) => ticket.End.Result.Grant!;
}
