using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Resources.Cores;
using Xunit;

namespace Sandbox.Tests.Cores;

public sealed class CpuTopologyTests
{
    [Fact]
    public void Hardware_threads_of_one_core_are_one_core()
    {
        using var host = new FakeCpus("0-7", "0,4", "1,5", "2,6", "3,7");

        var topology = host.Topology("0-7");

        Assert.Equal(["0,4", "1,5", "2,6", "3,7"], topology.Cores.Select(core => core.Cpus.ToString()));
        Assert.Equal([0, 1, 2, 3], topology.Cores.Select(core => core.First));
    }

    [Fact]
    public void A_core_may_have_one_thread_beside_cores_that_have_two()
    {
        using var host = new FakeCpus("0-3", "0-1", "2", "3");

        Assert.Equal(["0-1", "2", "3"], host.Topology("0-3").Cores.Select(core => core.Cpus.ToString()));
    }

    [Fact]
    public void Only_usable_cpus_are_in_a_core()
    {
        using var host = new FakeCpus("0-7", "0,4", "1,5", "2,6", "3,7");

        Assert.Equal(["1", "2,6"], host.Topology("1-2,6").Cores.Select(core => core.Cpus.ToString()));
    }

    [Fact]
    public void A_core_has_the_same_name_whatever_part_of_it_is_usable()
    {
        using var host = new FakeCpus("0-3", "0,2", "1,3");

        Assert.Equal([0, 1], host.Topology("2-3").Cores.Select(core => core.First));
    }

    [Fact]
    public void A_leased_core_is_seen_as_it_is()
    {
        using var host = new FakeCpus("0-3", "0,2", "1,3");
        using var lease = host.Leases("0-3").Take(2, TestContext.Current.CancellationToken);

        var topology = host.Topology("0-3");

        Assert.Equal(["0,2", "1,3"], topology.Cores.Select(core => core.Cpus.ToString()));
    }

    [Fact]
    public void Without_sysfs_every_cpu_is_a_core()
    {
        using var directory = new TemporaryDirectory();

        var topology = CpuTopology.Read(new HostFiles(directory.Path), CpuSet.Of(0, 1, 5));

        Assert.Equal(["0", "1", "5"], topology.Cores.Select(core => core.Cpus.ToString()));
        Assert.Equal("0-1,5", topology.Online.ToString());
    }

    [Fact]
    public void A_cpu_that_cannot_tell_its_core_is_in_the_core_that_its_sibling_tells()
    {
        using var host = new FakeCpus("0-3", "0,2", "1,3");
        host.Remove(0);

        Assert.Equal(["0,2", "1,3"], host.Topology("0-3").Cores.Select(core => core.Cpus.ToString()));
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("")]
    [InlineData("7")]
    public void A_list_of_threads_that_lacks_the_cpu_itself_is_no_core(string list)
    {
        using var directory = new TemporaryDirectory();
        directory.Write("sys/devices/system/cpu/cpu0/topology/core_cpus_list", list);

        Assert.Equal(["0", "1"], CpuTopology.Read(new HostFiles(directory.Path), CpuSet.Of(0, 1)).Cores.Select(core => core.Cpus.ToString()));
    }

    [Theory]
    [InlineData("0-1", null)]
    [InlineData("9", "CPU 9 is not online; online are 0-3")]
    [InlineData("0-9", "CPUs 4-9 are not online; online are 0-3")]
    [InlineData("1-2", "CPU 2 is not allowed to this process, which may use 0-1 (taskset, cpuset cgroup)")]
    public void A_cpu_that_cannot_be_used_is_named_with_the_reason(string wanted, string? problem)
    {
        using var host = new FakeCpus("0-3", "0", "1", "2", "3");

        Assert.Equal(problem, host.Topology("0-1").Problem(FakeCpus.Set(wanted)));
    }

    [Fact]
    public void This_process_has_as_many_cpus_as_its_runtime_counts()
    {
        var topology = CpuTopology.OfThisProcess();

        // The runtime counts a CPU bandwidth limit too, and so perhaps less.
        Assert.InRange(topology.Usable.Count, Environment.ProcessorCount, CpuSet.Capacity);
        Assert.True(topology.Usable.Except(topology.Online).IsEmpty);
    }

    [Fact]
    public void The_cores_of_this_host_share_no_cpu_and_are_all_its_cpus()
    {
        var topology = CpuTopology.OfThisProcess();

        Assert.Equal(topology.Usable.Numbers, topology.Cores.SelectMany(core => core.Cpus.Numbers).Order());
    }
}
