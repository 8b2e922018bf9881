using Sandbox.Cli.Terminal;
using Xunit;

namespace Sandbox.Tests.Cli;

public sealed class SignalRelayTests : IDisposable
{
    private const int Hangup = 1;
    private const int Interrupt = 2;
    private const int User1 = 10;
    private const int Terminate = 15;

    private readonly CancellationTokenSource _source = new();
    private readonly HandSetClock _clock = new();
    private readonly SignalRelay _relay;
    private int _ends;

    public SignalRelayTests() =>
        _relay = new SignalRelay(new Waiting(), new Insistence(TimeProvider.System), _source, _clock) { BeforeEnd = () => _ends++ };

    public void Dispose() => _source.Dispose();

    [Theory]
    [InlineData(Interrupt)]
    [InlineData(Terminate)]
    public void The_third_in_a_row_ends_the_job_and_not_the_command(int signal)
    {
        Assert.True(_relay.Take(signal) && _relay.Take(signal));
        Assert.False(_relay.Cancellation.IsCancellationRequested);

        Assert.True(_relay.Take(signal));

        Assert.True(_relay.Cancellation.IsCancellationRequested);
        Assert.Equal((signal, 0), (_relay.CancelledBy, _ends));
    }

    [Theory]
    [InlineData(Interrupt)]
    [InlineData(Terminate)]
    public void A_job_that_does_not_start_soon_after_the_first_is_not_started_any_more(int signal)
    {
        Assert.True(_relay.Take(signal));
        Assert.False(_relay.Cancellation.IsCancellationRequested);

        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.True(_relay.Cancellation.IsCancellationRequested);
        Assert.Equal(signal, _relay.CancelledBy);
    }

    [Fact]
    public void Who_insists_further_ends_the_command_and_the_terminal_is_given_back_first()
    {
        var stays = Enumerable.Range(0, 6).Select(_ => _relay.Take(Interrupt)).ToList();

        Assert.Equal([true, true, true, true, true, false], stays);
        Assert.Equal(1, _ends);
    }

    [Fact]
    public void After_the_end_a_signal_does_not_cost_the_result_but_three_do()
    {
        _relay.End();

        var stays = Enumerable.Range(0, 3).Select(_ => _relay.Take(Terminate)).ToList();

        Assert.Equal([true, true, false], stays);
        Assert.False(_relay.Cancellation.IsCancellationRequested);
    }

    [Fact]
    public void Other_signals_never_end_anything()
    {
        var stays = Enumerable.Range(0, 10).Select(_ => _relay.Take(User1)).ToList();

        Assert.DoesNotContain(false, stays);
        Assert.False(_relay.Cancellation.IsCancellationRequested);
    }

    [Fact]
    public void A_hangup_leaves_the_job_some_time()
    {
        Assert.True(_relay.Take(Hangup));

        Assert.False(_relay.Cancellation.IsCancellationRequested);
        Assert.Equal(Hangup, _relay.CancelledBy);
    }

    /// <summary>A job that has not started.</summary>
    private sealed class Waiting : ISignalTarget
    {
        public bool HasStarted => false;

        public bool Signal(int number) => true;
    }
}
