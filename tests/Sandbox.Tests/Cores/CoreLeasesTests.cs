using System.Diagnostics;
using Sandbox.Resources.Cores;
using Xunit;

namespace Sandbox.Tests.Cores;

public sealed class CoreLeasesTests : IDisposable
{
    private static readonly TimeSpan s_notAtOnce = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(20);

    private readonly FakeCpus _host = new("0-7", "0,4", "1,5", "2,6", "3,7");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _host.Dispose();

    [Fact]
    public void A_lease_is_of_whole_cores()
    {
        using var lease = _host.Leases("0-7").Take(2, Cancellation);

        Assert.Equal("0-1,4-5", lease.Cpus.ToString());
    }

    [Fact]
    public void Only_cpus_of_the_pool_are_leased()
    {
        using var lease = _host.Leases("2-3").Take(2, Cancellation);

        Assert.Equal("2-3", lease.Cpus.ToString());
    }

    [Fact]
    public void Leases_that_are_held_at_the_same_time_share_no_cpu()
    {
        var leases = _host.Leases("0-7");

        using var one = leases.Take(1, Cancellation);
        using var two = leases.Take(2, Cancellation);
        using var last = leases.Take(1, Cancellation);

        Assert.Equal(8, one.Cpus.Union(two.Cpus).Union(last.Cpus).Count);
    }

    [Fact]
    public void Two_owners_of_one_pool_see_each_others_leases()
    {
        using var mine = _host.Leases("0-7").Take(2, Cancellation);
        using var theirs = _host.Leases("0-7").Take(2, Cancellation);

        Assert.True(mine.Cpus.Intersect(theirs.Cpus).IsEmpty);
    }

    [Fact]
    public void Parts_of_one_core_in_two_pools_are_one_core()
    {
        using var part = _host.Leases("0").Take(1, Cancellation);

        Assert.False(CanTake(_host.Leases("4"), 1));
    }

    [Fact]
    public async Task Who_waits_is_woken_when_a_lease_is_returned()
    {
        var leases = _host.Leases("0-7");
        var all = leases.Take(4, Cancellation);
        var waiting = Task.Run(() => leases.Take(3, Cancellation), Cancellation);
        await Task.Delay(s_notAtOnce, Cancellation);
        Assert.False(waiting.IsCompleted);

        all.Dispose();

        using var lease = await waiting.WaitAsync(s_soon, Cancellation);
        Assert.Equal(6, lease.Cpus.Count);
    }

    [Fact]
    public async Task Who_waits_gets_what_another_owner_returns()
    {
        var theirs = _host.Leases("0-7").Take(4, Cancellation);
        var waiting = Task.Run(() => _host.Leases("0-7").Take(1, Cancellation), Cancellation);
        await Task.Delay(s_notAtOnce, Cancellation);
        Assert.False(waiting.IsCompleted);

        theirs.Dispose();

        using var lease = await waiting.WaitAsync(s_soon, Cancellation);
    }

    [Fact]
    public async Task A_small_request_does_not_overtake_a_large_one()
    {
        var leases = _host.Leases("0-7");
        var held = leases.Take(1, Cancellation);
        var large = Task.Run(() => leases.Take(4, Cancellation), Cancellation);
        await Task.Delay(s_notAtOnce, Cancellation);
        var small = Task.Run(() => leases.Take(1, Cancellation), Cancellation);
        await Task.Delay(s_notAtOnce, Cancellation);

        Assert.False(small.IsCompleted);
        held.Dispose();
        (await large.WaitAsync(s_soon, Cancellation)).Dispose();
        (await small.WaitAsync(s_soon, Cancellation)).Dispose();
    }

    [Fact]
    public async Task Cancelling_the_first_in_line_leaves_nothing_locked()
    {
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var leases = _host.Leases("0-7");
        using var held = leases.Take(1, Cancellation);
        var large = Task.Run(() => leases.Take(4, cancelled.Token), Cancellation);
        await Task.Delay(s_notAtOnce, Cancellation);
        var next = Task.Run(() => leases.Take(3, Cancellation), Cancellation);

        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large.WaitAsync(s_soon, Cancellation));
        using var rest = await next.WaitAsync(s_soon, Cancellation);
    }

    [Fact]
    public async Task Cancelling_in_the_middle_of_the_line_gives_the_place_up()
    {
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var leases = _host.Leases("0-7");
        var all = leases.Take(4, Cancellation);
        var first = Task.Run(() => leases.Take(1, Cancellation), Cancellation);
        await Task.Delay(s_notAtOnce, Cancellation);
        var second = Task.Run(() => leases.Take(4, cancelled.Token), Cancellation);
        await Task.Delay(s_notAtOnce, Cancellation);

        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.WaitAsync(s_soon, Cancellation));
        all.Dispose();

        using var lease = await first.WaitAsync(s_soon, Cancellation);
        using var rest = leases.Take(3, Cancellation);
    }

    [Fact]
    public void A_token_cancelled_before_leases_nothing()
    {
        var leases = _host.Leases("0-7");

        Assert.ThrowsAny<OperationCanceledException>(() => leases.Take(4, new CancellationToken(canceled: true)));

        using var lease = leases.Take(4, Cancellation);
    }

    [Fact]
    public void A_lease_that_is_returned_twice_does_not_return_the_next_one()
    {
        var leases = _host.Leases("0-7");
        var first = leases.Take(4, Cancellation);
        first.Dispose();
        using var second = leases.Take(4, Cancellation);

        first.Dispose();

        Assert.False(CanTake(_host.Leases("0-7"), 1));
    }

    [Fact]
    public void More_cores_than_the_pool_has_are_refused_at_once()
    {
        var leases = _host.Leases("0-1,4");

        var exception = Assert.Throws<SandboxException>(() => leases.Take(3, Cancellation));

        Assert.Equal("the job asks for 3 cores, the pool 0-1,4 has 2", exception.Message);
        Assert.Equal((JobPhase.Prepare, "lease cores"), (exception.Phase, exception.Step));
    }

    [Fact]
    public void A_pool_with_a_cpu_this_process_may_not_use_is_refused()
    {
        var exception = Assert.Throws<SandboxException>(() => new CoreLeases(FakeCpus.Set("0-3"), _host.Topology("0-2"), _host.Root));

        Assert.Equal("cannot lease cores of the pool 0-3: CPU 3 is not allowed to this process, which may use 0-2 (taskset, cpuset cgroup)", exception.Message);
    }

    [Fact]
    public void A_core_without_a_file_to_lock_is_refused_and_leaves_nothing_locked()
    {
        var leases = _host.Leases("0-7");
        _host.Remove(2);

        var exception = Assert.Throws<SandboxException>(() => leases.Take(3, Cancellation));

        Assert.Equal(("lease cores", "ENOENT"), (exception.Step, exception.Errno));
        Assert.EndsWith("/sys/devices/system/cpu/cpu2/topology/core_cpus_list", exception.Path, StringComparison.Ordinal);
        using var lease = leases.Take(2, Cancellation);
    }

    [Fact]
    public void Many_who_take_any_number_of_cores_never_overlap_nor_block()
    {
        CoreLeases[] owners = [_host.Leases("0-7"), _host.Leases("0-7")];
        var holders = new int[8];
        var rounds = 0;

        var threads = Enumerable.Range(0, 12).Select(number => new Thread(() =>
        {
            for (var round = 0; round < 20; round++)
            {
                using var lease = owners[number % 2].Take(1 + ((number + round) % 4), Cancellation);
                foreach (var cpu in lease.Cpus.Numbers)
                {
                    Interlocked.Increment(ref holders[cpu]);
                }

                Thread.Yield();
                foreach (var cpu in lease.Cpus.Numbers)
                {
                    if (Interlocked.Decrement(ref holders[cpu]) == 0)
                    {
                        Interlocked.Increment(ref rounds);
                    }
                }
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());

        Assert.All(threads, thread => Assert.True(thread.Join(s_soon)));
        Assert.Equal(12 * 20 * 5, rounds);
    }

    [Fact]
    public async Task A_core_of_another_process_is_free_when_that_is_killed()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/flock"), "needs flock(1)");
        using var holder = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"exec 9<{_host.Root}{CpuTopology.CoreFile(0)}; flock 9; echo locked; read line"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("locked", await holder.StandardOutput.ReadLineAsync(Cancellation));
        var waiting = Task.Run(() => _host.Leases("0-7").Take(4, Cancellation), Cancellation);
        await Task.Delay(s_notAtOnce, Cancellation);
        Assert.False(waiting.IsCompleted);

        holder.Kill();

        using var lease = await waiting.WaitAsync(s_soon, Cancellation);
    }

    [Fact]
    public async Task A_core_of_this_host_leased_by_another_process_is_not_leased_again()
    {
        var topology = CpuTopology.OfThisProcess();
        var core = topology.Cores[^1];
        Assert.SkipUnless(File.Exists("/usr/bin/flock"), "needs flock(1)");
        Assert.SkipUnless(File.Exists(CpuTopology.CoreFile(core.First)), "needs the topology of the CPUs in /sys");
        using var lease = new CoreLeases(core.Cpus, topology).Take(1, Cancellation);

        using var other = Process.Start("/usr/bin/flock", ["--nonblock", CpuTopology.CoreFile(core.First), "true"]);
        await other.WaitForExitAsync(Cancellation);

        Assert.Equal(1, other.ExitCode);
    }

    private static bool CanTake(CoreLeases leases, int cores)
    {
        using var soon = new CancellationTokenSource(s_notAtOnce);
        try
        {
            leases.Take(cores, soon.Token).Dispose();
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
