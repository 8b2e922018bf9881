using Sandbox.Execution;
using Xunit;

namespace Sandbox.Tests.Execution;

public sealed class LauncherPatienceTests
{
    private readonly HandSetClock _clock = new();

    [Fact]
    public void Nothing_is_due_while_the_time_of_a_word_runs()
    {
        var patience = new LauncherPatience(_clock);

        patience.Expect(TimeSpan.FromSeconds(5));
        _clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(LauncherAction.None, patience.Due());
        Assert.True(patience.Left > TimeSpan.Zero);
    }

    [Fact]
    public void A_silent_launcher_is_woken_then_killed_then_given_up()
    {
        var patience = new LauncherPatience(_clock);
        var actions = new List<LauncherAction>();

        patience.Expect(TimeSpan.FromSeconds(1));
        for (var second = 0; second < 60; second++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            if (patience.Due() is var due and not LauncherAction.None)
            {
                actions.Add(due);
            }
        }

        Assert.Equal([LauncherAction.Continue, LauncherAction.Kill, LauncherAction.GiveUp], actions);
        Assert.Null(patience.Left);
    }

    [Fact]
    public void A_word_in_between_begins_anew()
    {
        var patience = new LauncherPatience(_clock);
        patience.Expect(TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(LauncherAction.Continue, patience.Due());

        patience.Expect(TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromSeconds(4));

        Assert.Equal(LauncherAction.Continue, patience.Due());
    }

    [Fact]
    public void A_job_without_a_wall_time_has_no_word_due()
    {
        var patience = new LauncherPatience(_clock);

        patience.Expect(null);
        _clock.Advance(TimeSpan.FromDays(1));

        Assert.Equal(LauncherAction.None, patience.Due());
        Assert.Null(patience.Left);
    }
}
