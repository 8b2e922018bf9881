using Sandbox.Failures;
using Sandbox.Host;
using Xunit;

namespace Sandbox.Tests.Host;

public sealed class HostThreadTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMilliseconds(300);

    private readonly ManualResetEventSlim _answer = new();

    public void Dispose()
    {
        _answer.Set();
        _answer.Dispose();
    }

    [Fact]
    public void The_result_is_that_of_the_work()
    {
        Assert.Equal(7, Thread(() => 7).Run(Nothing, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void What_the_work_throws_is_thrown()
    {
        var thread = Thread(() => throw new SandboxException("no") { Errno = "ENOENT" });

        Assert.Equal("ENOENT", Assert.Throws<SandboxException>(() => thread.Run(Nothing, TestContext.Current.CancellationToken)).Errno);
        Assert.False(thread.IsLeft);
    }

    [Fact]
    public void A_step_that_stands_still_is_left_and_named()
    {
        var thread = Thread(() => WaitAt("/dead/file"));

        var failure = Assert.Throws<SandboxException>(() => thread.Run(Nothing, TestContext.Current.CancellationToken));

        Assert.True(thread.IsLeft);
        Assert.Equal(("open file", "/dead/file", "ETIMEDOUT"), (failure.Step, failure.Path, failure.Errno));
    }

    [Fact]
    public void Work_that_advances_is_not_left_however_long_it_takes()
    {
        var thread = Thread(() =>
        {
            using var step = HostWatch.Enter(Operation.OpenImage);
            for (var part = 0; part < 10; part++)
            {
                System.Threading.Thread.Sleep(s_limit / 4);
                HostWatch.Advance();
            }

            return 1;
        });

        Assert.Equal(1, thread.Run(Nothing, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Outside_of_a_step_work_takes_as_long_as_it_likes()
    {
        var thread = Thread(() =>
        {
            using (HostWatch.Enter(Operation.OpenFile))
            {
            }

            System.Threading.Thread.Sleep(s_limit * 3);
            return 1;
        });

        Assert.Equal(1, thread.Run(Nothing, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_cancellation_leaves_a_step_that_stands_still_long_before_its_time()
    {
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        var thread = new HostThread<int>(() => WaitAt("/dead/file"), TimeProvider.System, TimeSpan.FromHours(1));

        Assert.Throws<OperationCanceledException>(() => thread.Run(Nothing, cancellation.Token));

        Assert.True(thread.IsLeft);
        Assert.Equal("/dead/file", thread.Waiting().Path);
    }

    [Fact]
    public void Work_that_was_left_cleans_up_if_it_ever_ends()
    {
        using var cleaned = new ManualResetEventSlim();
        var thread = Thread(() => WaitAt("/dead/file"));
        Assert.Throws<SandboxException>(() => thread.Run(cleaned.Set, TestContext.Current.CancellationToken));
        Assert.False(cleaned.IsSet);

        _answer.Set();

        Assert.True(cleaned.Wait(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
    }

    private static void Nothing()
    {
    }

    private static HostThread<int> Thread(Func<int> work) => new(work, TimeProvider.System, s_limit);

    private int WaitAt(string path)
    {
        using var step = HostWatch.Enter(Operation.OpenFile);
        HostWatch.At(path);
        _answer.Wait();
        return 0;
    }
}
