using Sandbox.Policies;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A job may ask for its own interfaces (NETLINK_ROUTE); that tells nothing of the host and changes nothing.</summary>
public sealed class NetworkQuestionTests : KernelTest
{
    [KernelTheory]
    [InlineData("default"), InlineData("judge"), InlineData("build")]
    public async Task The_jobs_interfaces_are_told_to_it(string policy)
    {
        AssertPrinted("interfaces: lo", await RunAsync(Ask(policy, Network.Loopback, "addresses")));
        AssertPrinted("interfaces:", await RunAsync(Ask(policy, Network.None, "addresses")));
    }

    [KernelTheory]
    [InlineData("default"), InlineData("judge")]
    public async Task With_the_hosts_network_nothing_can_be_asked(string policy) =>
        AssertPrinted("denied EAFNOSUPPORT", await RunAsync(Ask(policy, Network.Host, "names")));

    [KernelTheory(Timeout = 60_000)]
    [InlineData("none"), InlineData("loopback"), InlineData("egress")]
    public async Task Nothing_of_the_hosts_network_is_told(string mode)
    {
        foreach (var policy in PolicyLibrary.Names)
        {
            AssertPrinted("only lo", await RunAsync(Ask(policy, Of(mode), "tells")));
            foreach (var way in new[] { "target", "name-space", "other" })
            {
                AssertDenied(await RunAsync(Ask(policy, Of(mode), way)));
            }
        }
    }

    [KernelTheory]
    [InlineData("none"), InlineData("loopback"), InlineData("egress")]
    public async Task Nothing_of_the_network_can_be_changed(string mode)
    {
        foreach (var policy in PolicyLibrary.Names)
        {
            AssertPrinted("denied EPERM", await RunAsync(Ask(policy, Of(mode), "changes")));
        }
    }

    [KernelFact]
    public async Task No_message_goes_to_another_program()
    {
        foreach (var policy in PolicyLibrary.Names)
        {
            AssertPrinted("denied EPERM", await RunAsync(Ask(policy, Network.Loopback, "sends")));
        }
    }

    // No control group is charged for them. The kernel of the guest was built without CONFIG_NETLINK_DIAG, which lists them.
    [KernelTheory(Needs.NativeKernel, Timeout = 60_000)]
    [InlineData("default"), InlineData("judge")]
    [Trait("limits", "true")]
    public async Task Answers_that_nobody_reads_are_memory_of_the_job(string policy)
    {
        var job = Ask(policy, Network.None, "hoard", $"{160 << 20}");

        var result = await RunAsync(job with { Limits = job.Limits with { MemoryBytes = 32 << 20, OpenFiles = 1024 } });

        AssertVerdict(Verdict.MemoryLimit, result);
        Assert.DoesNotContain("escaped", Out(result), StringComparison.Ordinal);
    }

    private static Network Of(string mode) => mode == "egress" ? Network.Egress("any") : Network.Parse(mode);

    private static JobSpec Ask(string policy, Network mode, params string[] how) =>
        Probe.Job("ask_network", how) with { Network = mode, Seccomp = new NamedPolicy { Name = policy } };
}
