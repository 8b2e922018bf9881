using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Names, the resolver, settings of the kernel and soft limits are what a job asked for.</summary>
public sealed class SystemMemberTests : KernelTest
{
    [KernelFact]
    public async Task A_job_finds_what_it_asked_for()
    {
        var job = Probe.Tool("sh", "-c", """
            cat /proc/sys/kernel/domainname; tail -n 1 /etc/hosts; grep -v '^#' /etc/resolv.conf; cat /proc/sys/net/core/somaxconn /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/self/oom_score_adj
            ulimit -Sn; ulimit -Hn; ulimit -n 70 && ulimit -Sn; sed -n 's/^Max locked memory *//p; s/^Max pending signals *//p' /proc/self/limits | tr -s ' '
            """) with
        {
            Domainname = "example.org",
            Network = Network.Loopback,
            ExtraHosts = new Dictionary<string, string> { ["db.example.org"] = "10.0.0.5" },
            Dns = new() { Search = ["example.org", "example.com"], Options = ["ndots:2"] },
            Sysctls = new Dictionary<string, string> { ["net.core.somaxconn"] = "77", ["net.ipv4.ip_unprivileged_port_start"] = "1000" },
            OomScoreAdj = 900,
            Rlimits = new Dictionary<string, RlimitRange> { ["nofile"] = new() { Soft = 64 }, ["memlock"] = new() { Soft = 4096, Hard = 8192 }, ["sigpending"] = new() { Soft = 1 << 20 } },
        };

        var result = await RunAsync(job with { Limits = job.Limits with { OpenFiles = 128 } });

        AssertPrinted(
            "example.org\n10.0.0.5\tdb.example.org\nnameserver 127.0.0.1\nsearch example.org example.com\noptions ndots:2\n77\n1000\n900\n64\n128\n70\n4096 8192 bytes \n1024 1024 signals ",
            result);
    }

    [KernelFact]
    public async Task A_value_that_the_kernel_refuses_is_a_setup_error_at_its_place()
    {
        var result = await RunAsync(Probe.Tool("true") with { Sysctls = new Dictionary<string, string> { ["net.core.somaxconn"] = "many" } });

        AssertVerdict(Verdict.SetupError, result);
        Assert.Equal(("sysctl", "EINVAL", "/proc/sys/net/core/somaxconn", "/sysctls/net.core.somaxconn"), (result.Error?.Step, result.Error?.Errno, result.Error?.Path, result.Error?.Pointer));
    }

    [KernelFact]
    public async Task With_the_hosts_network_other_name_servers_stand_in_for_its_own() =>
        AssertPrinted("nameserver 192.0.2.1\nsearch example.org", await RunAsync(Probe.Tool("cat", "/etc/resolv.conf") with { Network = Network.Host, Dns = new() { Servers = ["192.0.2.1"], Search = ["example.org"] } }));
}
