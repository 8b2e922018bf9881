using System.Collections.Concurrent;
using System.Net.Sockets;
using Sandbox.Server.Handover;
using Xunit;

namespace Sandbox.Tests.Server;

public sealed class ConnectionThreadsTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(5);

    [Fact]
    public void Connections_one_after_the_other_have_one_thread()
    {
        var threads = new BlockingCollection<int>();
        var served = new ConnectionThreads("test", s_long, _ => threads.Add(Environment.CurrentManagedThreadId, CancellationToken.None));

        var first = 0;
        for (var turn = 0; turn < 5; turn++)
        {
            using var connection = Connection();
            served.Serve(connection);
            Assert.True(threads.TryTake(out var thread, s_long));
            first = turn == 0 ? thread : first;
            Assert.Equal(first, thread);
            WaitFor(() => served.Idle == 1);
        }
    }

    [Fact]
    public void Connections_at_once_never_wait_for_each_other()
    {
        const int count = 20;
        using var all = new Barrier(count);
        using var over = new CountdownEvent(2 * count);
        var served = new ConnectionThreads("test", s_long, _ =>
        {
            // Ends only if as many threads are here.
            Assert.True(all.SignalAndWait(s_long, CancellationToken.None));
            over.Signal();
        });

        for (var round = 0; round < 2; round++)
        {
            for (var number = 0; number < count; number++)
            {
                using var connection = Connection();
                served.Serve(connection);
            }

            WaitFor(() => served.Idle == count);
        }

        Assert.True(over.IsSet);
    }

    [Fact]
    public void A_thread_ends_when_no_connection_comes()
    {
        Thread? thread = null;
        var served = new ConnectionThreads("test", TimeSpan.FromMilliseconds(20), _ => thread = Thread.CurrentThread);
        using var connection = Connection();
        served.Serve(connection);

        WaitFor(() => thread is { IsAlive: false });
        Assert.Equal(0, served.Idle);
    }

    private static Socket Connection() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private static void WaitFor(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, s_long));
}
