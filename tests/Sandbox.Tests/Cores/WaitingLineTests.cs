using Sandbox.Resources.Cores;
using Xunit;

namespace Sandbox.Tests.Cores;

public sealed class WaitingLineTests
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(20);

    private readonly WaitingLine _line = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void The_line_is_served_in_the_order_it_came()
    {
        var order = new List<int>();
        var threads = new List<Thread>();
        using (_line.Enter(Cancellation))
        {
            for (var number = 0; number < 10; number++)
            {
                threads.Add(Queue(number, order));
            }
        }

        Assert.All(threads, thread => Assert.True(thread.Join(s_soon)));
        Assert.Equal(Enumerable.Range(0, 10), order);
    }

    [Fact]
    public async Task A_nap_at_the_front_ends_when_it_is_woken()
    {
        using var place = _line.Enter(Cancellation);
        place.Listen();
        var nap = Task.Run(() => place.Nap(TimeSpan.FromMinutes(5), Cancellation), Cancellation);

        _line.WakeFront();

        Assert.True(await nap.WaitAsync(s_soon, Cancellation));
    }

    [Fact]
    public void Waking_a_line_that_is_empty_does_nothing()
    {
        _line.WakeFront();

        using var place = _line.Enter(Cancellation);
        place.Listen();
        Assert.False(place.Nap(TimeSpan.FromMilliseconds(1), Cancellation));
    }

    [Fact]
    public void A_nap_that_begins_after_the_waking_ends_at_once()
    {
        using var place = _line.Enter(Cancellation);
        place.Listen();
        _line.WakeFront();

        Assert.True(place.Nap(TimeSpan.FromMinutes(5), Cancellation));
    }

    private Thread Queue(int number, List<int> order)
    {
        var thread = new Thread(() =>
        {
            using var place = _line.Enter(Cancellation);
            order.Add(number);
        });
        thread.Start();
        Assert.True(SpinWait.SpinUntil(() => _line.Length == number + 2, s_soon));
        return thread;
    }
}
