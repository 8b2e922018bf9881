using Sandbox.Jobs;
using Xunit;

namespace Sandbox.Tests.Jobs;

/// <summary>The members for what a job finds of its system.</summary>
public sealed class SystemFormTests
{
    [Theory]
    [InlineData("\"domainname\": \"-x\"", "/domainname")]
    [InlineData("\"extraHosts\": { \"a b\": \"10.0.0.1\" }", "/extraHosts/a b")]
    [InlineData("\"extraHosts\": { \"a\": \"127.1\" }", "/extraHosts/a")]
    [InlineData("\"extraHosts\": { \"a\": \"10.0.0.1\\n10.0.0.2 b\" }", "/extraHosts/a")]
    [InlineData("\"extraHosts\": { \"a\": \"::1%\\n6.6.6.6 localhost\" }", "/extraHosts/a")]
    [InlineData("\"extraHosts\": { \"a\": \"host-gateway\" }", "/extraHosts/a")]
    [InlineData("\"rootfs\": \"empty\", \"extraHosts\": { \"a\": \"::1\" }", "/extraHosts")]
    [InlineData("\"dns\": { \"servers\": [\"10.0.0.1\"] }", "/dns/servers")]
    [InlineData("\"network\": \"host\", \"dns\": { \"search\": [\"a\"] }", "/dns/servers")]
    [InlineData("\"network\": \"host\", \"dns\": { \"servers\": [\"ns.example.org\"] }", "/dns/servers/0")]
    [InlineData("\"dns\": { \"search\": [\"a b\"] }", "/dns/search/0")]
    [InlineData("\"dns\": { \"options\": [\"ndots:1\\nnameserver 1.1.1.1\"] }", "/dns/options/0")]
    [InlineData("\"oomScoreAdj\": -1", "/oomScoreAdj")]
    [InlineData("\"oomScoreAdj\": 4294967296", "/oomScoreAdj")]
    [InlineData("\"rlimits\": { \"nofile\": {} }", "/rlimits/nofile")]
    [InlineData("\"rlimits\": { \"nofile\": { \"soft\": 12, \"hard\": 11 } }", "/rlimits/nofile")]
    [InlineData("\"rlimits\": { \"memlock\": { \"soft\": -1 } }", "/rlimits/memlock")]
    [InlineData("\"rlimits\": { \"nofile\": { \"soft\": 3, \"hard\": 10 } }", "/rlimits/nofile")]
    [InlineData("\"rlimits\": { \"nofile\": { \"hard\": 0 } }", "/rlimits/nofile")]
    [InlineData("\"rlimits\": { \"nproc\": { \"soft\": 0 } }", "/rlimits/nproc")]
    [InlineData("\"rlimits\": { \"stack\": { \"soft\": 65535 } }", "/rlimits/stack")]
    [InlineData("\"rlimits\": { \"as\": { \"soft\": 0 } }", "/rlimits/as")]
    [InlineData("\"rlimits\": { \"data\": { \"soft\": 4096 } }", "/rlimits/data")]
    [InlineData("\"rlimits\": { \"fsize\": { \"soft\": 1 } }", "/rlimits/fsize")]
    [InlineData("\"rlimits\": { \"NOFILE\": { \"soft\": 1 } }", "/rlimits/NOFILE")]
    [InlineData("\"sysctls\": { \"net.core.somaxconn\": \"\" }", "/sysctls/net.core.somaxconn")]
    [InlineData("\"sysctls\": { \"kernel.shmall\": \"1\" }", "/sysctls/kernel.shmall")]
    [InlineData("\"sysctls\": { \"user.max_user_namespaces\": \"9\" }", "/sysctls/user.max_user_namespaces")]
    [InlineData("\"sysctls\": { \"net.ipv4.ip_forward/../../../kernel/core_pattern\": \"1\" }", "/sysctls/net.ipv4.ip_forward~1..~1..~1..~1kernel~1core_pattern")]
    [InlineData("\"network\": \"host\", \"sysctls\": { \"net.core.somaxconn\": \"1\" }", "/sysctls/net.core.somaxconn")]
    public void A_problem_is_told_at_its_place(string members, string pointer) =>
        Assert.Equal(pointer, Assert.Single(Job.Problems($$"""{ "command": ["true"], {{members}} }""")).Pointer);

    // What holds a job is set by the sandbox, and a path is never the job's to choose.
    [Fact]
    public void No_setting_is_one_that_the_sandbox_sets_to_hold_a_job()
    {
        string[] held = ["user.", "kernel.sem", "kernel.shmall", "kernel.shmmni", "kernel.msg", "net.netfilter", "net.ipv4.tcp_max_tw_buckets", "net.ipv4.igmp_max_memberships", "fs.mqueue.queues_max"];

        Assert.All(SysctlNames.All, name => Assert.DoesNotContain(held, start => name.StartsWith(start, StringComparison.Ordinal)));
        Assert.All(SysctlNames.All, name => Assert.Matches("^[a-z0-9_.]+$", name));
    }
}
