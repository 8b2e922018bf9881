using Sandbox.Cli.Terminal;
using Xunit;

namespace Sandbox.Tests.Cli;

public sealed class InsistenceTests
{
    private const int Interrupt = 2;
    private const int Terminate = 15;

    private readonly HandSetClock _clock = new();

    private Insistence Insistence => field ??= new Insistence(_clock);

    [Fact]
    public void The_third_signal_within_two_seconds_insists()
    {
        Assert.Equal([false, false, true], Signals(0, 1000, 2000));
    }

    [Fact]
    public void Signals_now_and_then_do_not()
    {
        Assert.Equal([false, false, false, false, false], Signals(0, 1001, 2002, 3003, 4004));
    }

    [Fact]
    public void An_old_one_does_not_count()
    {
        Assert.Equal([false, false, false, true], Signals(0, 60_000, 60_100, 60_200));
    }

    [Fact]
    public void After_the_third_it_takes_three_more()
    {
        Assert.Equal([false, false, true, false, false, true], Signals(0, 1, 2, 3, 4, 5));
    }

    [Fact]
    public void Two_kinds_are_two_wishes()
    {
        int[] signals = [Interrupt, Interrupt, Terminate, Interrupt, Interrupt];

        Assert.DoesNotContain(true, signals.Select(Insistence.IsThird).ToList());
    }

    private List<bool> Signals(params int[] milliseconds)
    {
        var insists = new List<bool>();
        foreach (var time in milliseconds)
        {
            _clock.Now = time;
            insists.Add(Insistence.IsThird(Interrupt));
        }

        return insists;
    }

    private sealed class HandSetClock : TimeProvider
    {
        public long Now { get; set; }

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => Now;
    }
}
