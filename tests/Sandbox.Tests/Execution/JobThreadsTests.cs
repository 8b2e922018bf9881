using System.Runtime.Versioning;
using Sandbox.Execution;
using Xunit;

namespace Sandbox.Tests.Execution;

[SupportedOSPlatform("linux")]
public sealed class JobThreadsTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly AsyncLocal<string?> s_context = new();

    [Fact]
    public async Task A_thread_that_is_done_does_the_next_work_too()
    {
        var threads = new HashSet<int>();
        for (var round = 0; round < 40; round++)
        {
            threads.Add(await Run(static () => Environment.CurrentManagedThreadId));

            // Other tests run jobs meanwhile; this one may come before the thread has come back.
            SpinWait.SpinUntil(static () => JobThreads.Idle > 0, s_patience);
        }

        Assert.True(threads.Count < 40, $"{threads.Count} threads for 40 pieces of work");
    }

    [Fact]
    public async Task What_runs_at_the_same_time_has_threads_of_its_own()
    {
        const int Count = 32;
        using var all = new Barrier(Count);
        var threads = await Task.WhenAll(Enumerable.Range(0, Count).Select(_ => Run(() => all.SignalAndWait(s_patience) ? Environment.CurrentManagedThreadId : 0)));

        Assert.Equal(Count, threads.Distinct().Count());
        Assert.DoesNotContain(0, threads);
        Assert.True(SpinWait.SpinUntil(static () => JobThreads.Idle <= 2 * Environment.ProcessorCount, s_patience));
    }

    [Fact]
    public async Task Work_has_the_context_of_whoever_starts_it_and_leaves_none_behind()
    {
        for (var round = 0; round < 5; round++)
        {
            s_context.Value = $"round {round}";
            Assert.Equal(s_context.Value, await Run(static () =>
            {
                var found = s_context.Value;
                s_context.Value = "left behind";
                return found;
            }));
            Task<string?> without;
            using (ExecutionContext.SuppressFlow())
            {
                without = Run<string?>(static () =>
                {
                    var found = s_context.Value;
                    s_context.Value = "left behind";
                    return found;
                });
            }

            Assert.Null(await without);
        }
    }

    [Fact]
    public void A_thread_that_waits_keeps_nothing_of_what_it_did()
    {
        var kept = Start();

        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                GC.Collect();
                return !kept.IsAlive;
            },
            s_patience));
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference Start()
    {
        var large = new byte[1 << 20];
        using var done = new ManualResetEventSlim();
        JobThreads.Start(() =>
        {
            large[0] = 1;
            done.Set();
        });
        Assert.True(done.Wait(s_patience));
        return new WeakReference(large);
    }

    private static Task<T> Run<T>(Func<T> work)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        JobThreads.Start(() => result.SetResult(work()));
        return result.Task;
    }
}
