using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Names are not found at once where there is no network, whatever asks for them, and whoever answers cannot be used for anything else.</summary>
public sealed class LookupTests : ImageTest
{
    private const string NotFound = "example.org ENOTFOUND\na ENOTFOUND\nlocalhost found\nsandbox found";

    [KernelTheory]
    [InlineData("none", "default")]
    [InlineData("none", "build")]
    [InlineData("loopback", "default")]
    public async Task A_name_is_not_found_at_once(string network, string policy)
    {
        var job = Probe.Tool("/probes/look_up", "example.org", "a", "localhost", "sandbox") with { Network = Network.Parse(network), Seccomp = new NamedPolicy { Name = policy } };

        AssertPrinted(NotFound, await RunAsync(job));
        AssertPrinted(NotFound, await RunAsync(job with { Isolation = IsolationLevel.Strict }));
    }

    [KernelFact]
    public async Task A_root_without_a_word_on_name_servers_finds_none_either()
    {
        AssertPrinted("example.org ENOTFOUND", await RunAsync(Probe.Job("look_up", "example.org") with { Rootfs = new EmptyRootfs() }));
    }

    [KernelFact(tool: "busybox")]
    public async Task In_an_image_with_its_own_settings_a_name_is_not_found_at_once()
    {
        BusyboxImage.Save(Archive, "box:1", BusyboxImage.Base());
        var job = Shell(Archive, "/probes/look_up example.org localhost sandbox") with { Mounts = [Probe.Mount] };

        AssertPrinted("example.org ENOTFOUND\nlocalhost found\nsandbox found", await RunStoredAsync(job));
    }

    [KernelTheory(tool: "getent")]
    [InlineData("getent ahosts example.org; echo $?", "2")]
    [InlineData("getent ahosts localhost sandbox | grep STREAM | cut -d ' ' -f 1 | sort -u", "127.0.0.1\n::1")]
    public async Task Glibc_says_the_same(string script, string expected) =>
        AssertPrinted(expected, await RunAsync(Probe.Tool("sh", "-c", script)));

    [KernelTheory(tool: "node")]
    [InlineData("lookup")]
    [InlineData("resolve4")]
    public async Task Node_is_told_not_found(string way)
    {
        var job = Probe.Tool("node", "-e", $"require('dns').{way}('example.org', error => console.log(error.code))");

        AssertPrinted("ENOTFOUND", await RunAsync(job with { Limits = new() { WallTime = TimeSpan.FromSeconds(30), Processes = 1024 } }));
    }

    [KernelFact]
    public async Task Nothing_but_questions_can_be_sent_after_one()
    {
        AssertPrinted("a ENOTFOUND\ndenied ENETUNREACH\ndenied EADDRNOTAVAIL", await RunAsync(Probe.Job("look_up", "a", "-t")));
    }

    [KernelTheory]
    [InlineData("none")]
    [InlineData("loopback")]
    public async Task The_port_of_names_is_not_the_jobs_to_take(string network) =>
        AssertDenied(await RunAsync(Probe.Job("look_up", "-b") with { Network = Network.Parse(network) }));

    [KernelTheory(Needs.NativeKernel)]
    [InlineData("none")]
    [InlineData("loopback")]
    public async Task A_flood_of_questions_takes_little_of_process_one_and_ends_nothing(string network)
    {
        AssertPrinted("little\nanswered", await RunAsync(Probe.Job("flood_lookups", "2000") with { Network = Network.Parse(network) }));
    }

    [KernelFact]
    public async Task A_job_that_failed_is_told_that_it_has_no_network()
    {
        var failed = await RunAsync(Probe.Tool("sh", "-c", "/probes/look_up a b; exit 3"));

        AssertVerdict(Verdict.ExitCode, failed);
        Assert.Contains("\"network\": \"host\"", Assert.Single(failed.Notes), StringComparison.Ordinal);
        Assert.Empty((await RunAsync(Probe.Job("look_up", "a"))).Notes);
        Assert.Empty((await RunAsync(Probe.Tool("sh", "-c", "/probes/look_up localhost; exit 3"))).Notes);
    }

    [KernelFact]
    public async Task With_the_hosts_network_nothing_is_answered_for()
    {
        var job = Probe.Tool("sh", "-c", "cat /etc/resolv.conf; exit 3") with { Network = Network.Host };

        var result = await RunAsync(job);

        Assert.Equal(File.ReadAllText("/etc/resolv.conf"), Out(result));
        Assert.Empty(result.Notes);
    }
}
