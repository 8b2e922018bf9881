using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Resources.Limits;
using Xunit;

namespace Sandbox.Tests.Limits;

public sealed class ClockLossTests : IDisposable
{
    // The end of a pipe hangs up when the other one is closed, as a clock does when the last task that has it ends.
    private readonly SafeFileHandle _clock;
    private readonly SafeFileHandle _tasks;

    public ClockLossTests() => (_clock, _tasks) = Pipe();

    [Fact]
    public void A_clock_that_no_task_has_while_one_lives_is_lost()
    {
        var loss = new ClockLoss(_clock);
        _tasks.Dispose();

        loss.Add(loss.HasHungUp(), isAlive: true);
        var afterOne = loss.IsCertain;
        loss.Add(loss.HasHungUp(), isAlive: true);

        Assert.Equal((false, true), (afterOne, loss.IsCertain));
    }

    [Fact]
    public void The_end_of_the_last_process_is_no_loss()
    {
        var loss = new ClockLoss(_clock);
        _tasks.Dispose();

        loss.Add(loss.HasHungUp(), isAlive: true);
        loss.Add(loss.HasHungUp(), isAlive: false);
        loss.Add(loss.HasHungUp(), isAlive: false);

        Assert.False(loss.IsCertain);
    }

    [Fact]
    public void A_clock_that_a_task_has_is_kept()
    {
        var loss = new ClockLoss(_clock);

        for (var look = 0; look < 5; look++)
        {
            loss.Add(loss.HasHungUp(), isAlive: true);
        }

        Assert.False(loss.IsCertain);
    }

    [Fact]
    public void Without_a_clock_there_is_none_to_lose()
    {
        var loss = new ClockLoss(null);

        loss.Add(loss.HasHungUp(), isAlive: true);
        loss.Add(loss.HasHungUp(), isAlive: true);

        Assert.False(loss.IsCertain);
    }

    public void Dispose()
    {
        _clock.Dispose();
        _tasks.Dispose();
    }

    private static (SafeFileHandle Read, SafeFileHandle Write) Pipe()
    {
        Assert.Equal(0, Libc.Pipe(true, out var read, out var write));
        return (read, write);
    }
}
