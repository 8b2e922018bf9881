using System.Text;
using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Jobs that join a network reach each other, by name and address, and nothing else; and none of them can change the network or be somebody else in it.</summary>
public sealed class SharedNetworkTests : SharedNetworkTest
{
    private const string Server = "10.89.0.2";

    [KernelFact(Needs.NativeKernel)]
    public async Task Jobs_of_a_network_meet_by_name_and_address()
    {
        var server = RunAsync(At(Server, Member("db", "answer", "80", "2")));

        var visit = await RunAsync(Probe.Tool("sh", "-c", "/probes/join visit db 80; /probes/join visit 10.89.0.2 80; cat /etc/hosts | tail -n 1; /probes/reach_out tcp nobody 80; /probes/reach_out tcp 192.0.2.1 80") with
        {
            Network = new JoinedNetwork { NetworkName = Net, Name = "client", Address = "10.89.0.77" },
            Hostname = "here",
        });

        AssertPrinted("met as 10.89.0.77\nmet as 10.89.0.77\n10.89.0.77\there client\ndenied EAI_NONAME\ndenied ENETUNREACH", visit);
        AssertPrinted("answered", await server);
        Assert.Equal(visit.Isolation!.Namespaces["user"] != 0, visit.Isolation.Namespaces["net"] != 0);
        Assert.NotEqual($"net:[{visit.Isolation.Namespaces["net"]}]", new FileInfo("/proc/self/ns/net").LinkTarget);
        Assert.Empty(SharedNetworks.Find(Net)!.Members);
    }

    // With a policy that lets the calls through it is the kernel that refuses them, to root of the job's own as well.
    [KernelTheory(Needs.NativeKernel)]
    [InlineData("""{ "extends": "default" }""", 1000)]
    [InlineData("""{ "extends": "default", "rules": [{ "syscalls": ["socket", "setsockopt", "ioctl"], "action": "allow" }] }""", 0)]
    public async Task A_job_changes_nothing_of_its_network_and_sends_as_nobody_else(string policy, uint id)
    {
        var result = await RunAsync(Probe.Tool("sh", "-c", "/probes/join change; /probes/join spoof 10.89.0.9 10.89.0.3; /probes/reach_host 1; grep -c eth0 /proc/net/if_inet6") with
        {
            Network = Network.Join(Net),
            Seccomp = new InlinePolicy { Json = Encoding.UTF8.GetBytes(policy) },
            User = new() { Uid = id, Gid = id },
        });

        var lines = Out(result).TrimEnd('\n').Split('\n');
        Assert.True(lines.Length is 16 or 17, Describe(result));
        Assert.DoesNotContain(lines, static line => line.Contains("escaped", StringComparison.Ordinal));
        Assert.Equal(["denied ECONNREFUSED", "0"], lines[^2..]);
    }

    // The route that leads to the relay makes every address one that may be bound.
    [KernelTheory(Needs.Redirect)]
    [InlineData("8.8.8.8", "denied EPERM")]
    [InlineData("0.0.0.0", "escaped: sent")]
    public async Task A_job_that_has_a_way_out_sends_to_others_by_its_own_address_only(string source, string said)
    {
        var result = await RunAsync(Probe.Tool("/probes/join", "foreign", source, "10.89.0.77") with { Network = new JoinedNetwork { NetworkName = Net, Allow = ["example.org:443"] } });

        AssertPrinted(said, result);
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task A_scan_of_the_network_asks_nobody_and_makes_no_entry_in_the_kernel()
    {
        AssertPrinted("0 refused, 253 known, 253 of them fixed", await RunAsync(Member(null, "scan", "10.89.0.0")));
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task Isolated_jobs_reach_those_that_are_not_and_not_each_other()
    {
        var server = RunAsync(Isolated(At(Server, Member("one", "answer", "80", "1"))));
        var there = await RunAsync(At("10.89.0.9", Member("free", "visit", "one", "80")));
        await server;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var again = Runner.RunAsync(Isolated(At(Server, Member("one", "answer", "80", "2"))), stop.Token);
        AssertPrinted("met as 10.89.0.9", await RunAsync(At("10.89.0.9", Member("free", "visit", "one", "80"))));

        var other = await RunAsync(Isolated(Member("two", "knock", Server, "80")));
        await stop.CancelAsync();
        await again;

        AssertPrinted("met as 10.89.0.9", there);
        AssertPrinted("denied SILENCE", other);
    }

    [KernelFact(Needs.Redirect)]
    public async Task A_job_of_a_network_reaches_what_its_list_allows_as_well()
    {
        using var outside = TestServer.Echo();
        var server = RunAsync(At(Server, Member("db", "answer", "80", "1")));

        var both = await RunAsync(Probe.Tool("sh", "-c", $"/probes/join visit db 80; /probes/reach_out tcp host.sandbox.internal {outside.Port} hello; /probes/reach_out tcp 192.0.2.1 80") with
        {
            Network = new JoinedNetwork { NetworkName = Net, Address = "10.89.0.9", Allow = [$"host.sandbox.internal:{outside.Port}"] },
        });
        await server;

        AssertPrinted("met as 10.89.0.9\ngot echo hello\ndenied ECONNRESET", both);
        // It may have asked for the other job before that was there.
        Assert.Equal(2, both.Connections.Count(static connection => connection.Name != "db"));
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task A_place_that_is_taken_or_not_there_is_an_error_that_names_its_member()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var server = Runner.RunAsync(At(Server, Member("db", "answer", "80", "2")), stop.Token);
        await RunAsync(At("10.89.0.9", Member(null, "visit", "db", "80")));

        AssertRefused("/network/join", "ENOENT", await RunAsync(Probe.Job("say", "x") with { Network = Network.Join("no-net") }));
        AssertRefused("/network/name", "EEXIST", await RunAsync(Member("db", "scan", "10.89.0.0")));
        AssertRefused("/network/address", "EADDRINUSE", await RunAsync(At(Server, Member(null, "scan", "10.89.0.0"))));
        AssertRefused("/network/address", "EADDRNOTAVAIL", await RunAsync(At("10.89.1.2", Member(null, "scan", "10.89.0.0"))));
        Assert.Equal("EBUSY", Assert.Throws<SandboxException>(static () => SharedNetworks.Remove(Net)).Errno);

        await stop.CancelAsync();
        await server;
    }

    // No job has its directory; whoever found a way in all the same is in another user namespace.
    [KernelFact(Needs.NativeKernel)]
    public async Task A_job_does_not_get_to_speak_with_the_holder()
    {
        var job = Probe.Job("join", "ask", $"/run/sandbox/networks/{Net}") with { Network = Network.Join(Net), Mounts = [Probe.Mount, new BindMount { Source = Directory, Target = "/run" }] };
        await Assert.ThrowsAsync<InvalidJobException>(() => RunAsync(job));

        var outside = await Shell($"unshare --user --map-root-user '{Probe.Directory}/join' ask '{Directory}/sandbox/networks/{Net}'");
        Assert.Equal("denied END\n", outside.Stdout);
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task A_network_is_made_listed_and_removed_and_ends_with_its_last_job_if_it_shall()
    {
        var made = await Shell("""
            set -e
            "$SANDBOX" network create --rm --subnet 192.168.7.0/24 passing
            "$SANDBOX" network create passing 2>&1 || echo "status $?"
            "$SANDBOX" network ls | cut -d ' ' -f 1,2,4-
            "$SANDBOX" run --network passing --network-alias me --ip 192.168.7.9 -- /bin/sh -c 'getent hosts me'
            "$SANDBOX" network inspect test-net
            "$SANDBOX" network rm nothing 2>/dev/null || echo "status $?"
            """);
        await AwaitAsync(static () => SharedNetworks.Find("passing") is null);

        var text = made.Stdout.Split("{\n")[0];
        Assert.Contains("there is a network passing already", text, StringComparison.Ordinal);
        Assert.Contains("status 3\npassing 192.168.7.0/24 0 jobs\ntest-net 10.89.0.0/24 0 jobs\n192.168.7.9", text, StringComparison.Ordinal);
        Assert.EndsWith("status 1\n", made.Stdout, StringComparison.Ordinal);
        Assert.Equal([Net], System.IO.Directory.GetFileSystemEntries($"{Directory}/sandbox/networks").Select(Path.GetFileName));
        Assert.Equal("10.89.0.1", JsonDocument.Parse(made.Stdout[made.Stdout.IndexOf("{\n", StringComparison.Ordinal)..(made.Stdout.LastIndexOf('}') + 1)]).RootElement.GetProperty("gateway").GetString());
    }

    // Its network namespace belongs to the holder, and not to the job (user_namespaces(7)).
    [KernelFact(Needs.NativeKernel, Timeout = 120_000)]
    public async Task What_enters_a_member_is_in_its_network()
    {
        const string look = "readlink /proc/self/ns/net; grep -c eth0 /proc/net/dev; getent hosts in; /probes/join visit 127.0.0.1 80 2>&1; exit 0";

        var entered = await Shell($"""
            "$SANDBOX" run -d --name in --network {Net} --network-alias in --ip 10.89.0.9 -v {Probe.Directory}:/probes -- sh -c '/probes/join answer 80 1 >/dev/null; sleep 60' >/dev/null
            "$SANDBOX" inspect in | grep -o 'net:[^"]*'
            "$SANDBOX" enter in -- sh -c '{look}'
            "$SANDBOX" enter in -- ping -c 1 127.0.0.1 >/dev/null 2>&1
            "$SANDBOX" kill in; "$SANDBOX" wait in
            """);

        var lines = entered.Stdout.Split('\n');
        Assert.True(lines.Length == 7, entered.ToString());
        Assert.Equal(lines[0], lines[1]);
        Assert.Equal(["1", "10.89.0.9", "met as 127.0.0.1", "137", ""], lines[2..].Select(static line => line.Split("  ")[0].Trim()));
    }

    private static JobSpec Isolated(JobSpec job) => job with { Network = (JoinedNetwork)job.Network with { Isolated = true } };
}
