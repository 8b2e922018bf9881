using System.Text;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A job that says so has its network and its IPC namespace shared by others, who can do no more there than it can itself; any other job has not.</summary>
public sealed class SharedNamespaceTests : SharedNetworkTest
{
    [KernelFact(Needs.NativeKernel)]
    public async Task Jobs_that_agree_have_one_network_and_one_IPC_namespace_and_nothing_else_in_common()
    {
        var owner = RunAsync(Owner("sh", "-c", "/probes/share hold kept; echo mine >/dev/shm/file; /probes/share abstract & /probes/join answer 80 2"));

        var guest = await BesideAsync(Guest("sh", "-c", "/probes/share read; /probes/join visit 127.0.0.1 80; cat /etc/hosts | tail -n 1; ls /dev/shm; /probes/share others; /probes/share visit-abstract; cat /proc/net/dev | grep -c eth0; /probes/join visit web 80"));
        var ended = await owner;

        AssertPrinted($"read kept\nmet as 127.0.0.1\n10.89.0.2\tsandbox web\n0 others\n{(HasScopes ? "denied EPERM" : "met")}\n1\nmet as 10.89.0.2", guest);
        AssertPrinted("answered", ended);
        Assert.Equal((ended.Isolation!.Namespaces["net"], ended.Isolation.Namespaces["ipc"]), (guest.Isolation!.Namespaces["net"], guest.Isolation.Namespaces["ipc"]));
        foreach (var other in (string[])["user", "mnt", "pid", "uts"])
        {
            Assert.NotEqual(ended.Isolation.Namespaces[other], guest.Isolation.Namespaces[other]);
        }
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task Nothing_is_joined_of_a_job_that_has_not_said_that_it_may_be()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var closed = Runner.RunAsync(Probe.Tool("sh", "-c", "/probes/join answer 80 9") with { Name = "label", Network = new JoinedNetwork { NetworkName = Net, Name = "closed" } }, stop.Token);
        var half = Runner.RunAsync(Member("half", "answer", "80", "9") with { Network = new JoinedNetwork { NetworkName = Net, Name = "half", Shareable = true } }, stop.Token);
        await RunAsync(Member(null, "visit", "closed", "80"));
        await RunAsync(Member(null, "visit", "half", "80"));

        AssertRefused("/network/container", "EACCES", await RunAsync(Probe.Job("say", "x") with { Network = Network.Of("closed") }));
        AssertRefused("/network/container", "ENOENT", await RunAsync(Probe.Job("say", "x") with { Network = Network.Of("nobody") }));
        AssertRefused("/ipc/container", "EACCES", await RunAsync(Probe.Job("say", "x") with { Network = Network.Of("half"), Ipc = new() { Container = "half" } }));
        AssertRefused("/ipc/container", "EACCES", await RunAsync(Probe.Job("say", "x") with { Network = Network.Join(Net), Ipc = new() { Container = "closed" } }));

        await stop.CancelAsync();
        await closed;
        await half;
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task A_guest_keeps_a_loopback_and_nothing_else_once_the_owner_has_ended()
    {
        var owner = RunAsync(Owner("sh", "-c", "/probes/share hold kept; /probes/join answer 80 1"));
        using var again = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var guest = BesideAsync(Guest("sh", "-c", "/probes/join visit 127.0.0.1 80; /probes/share gone; /probes/reach_out tcp 10.89.0.3 80; /probes/share read; /probes/join answer 81 1 >/dev/null & /probes/join visit 127.0.0.1 81"));
        await owner;

        var next = Runner.RunAsync(At("10.89.0.2", Member("next", "answer", "80", "9")), again.Token);
        AssertPrinted("met as 10.89.0.9", await RunAsync(At("10.89.0.9", Member(null, "visit", "next", "80"))));
        AssertPrinted("met as 127.0.0.1\ngone\ndenied ENETUNREACH\nread kept\nmet as 127.0.0.1", await guest);
        await again.CancelAsync();
        await next;
    }

    [KernelFact(Needs.Redirect)]
    public async Task A_guest_has_the_way_out_of_the_owner_and_is_counted_there()
    {
        using var outside = TestServer.Echo();
        var owner = RunAsync(Owner("/probes/join", "answer", "80", "1") with
        {
            Network = new JoinedNetwork { NetworkName = Net, Name = "web", Shareable = true, Allow = [$"host.sandbox.internal:{outside.Port}"] },
        });

        var guest = await BesideAsync(Guest("sh", "-c", $"/probes/reach_out tcp host.sandbox.internal {outside.Port} hello; /probes/reach_out tcp 192.0.2.1 80; /probes/join visit 127.0.0.1 80"));

        AssertPrinted("got echo hello\ndenied ECONNRESET\nmet as 127.0.0.1", guest);
        Assert.Empty(guest.Connections);
        Assert.Equal(2, (await owner).Connections.Count);
    }

    [KernelTheory(Needs.NativeKernel)]
    [InlineData("""{ "extends": "default" }""", 1000)]
    [InlineData("""{ "extends": "default", "rules": [{ "syscalls": ["socket", "setsockopt", "ioctl"], "action": "allow" }] }""", 0)]
    public async Task A_guest_changes_nothing_of_the_network_and_sends_as_nobody_else(string policy, uint id)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var owner = Runner.RunAsync(Owner("/probes/join", "answer", "80", "9"), stop.Token);

        var guest = await BesideAsync(Guest("sh", "-c", "/probes/join change; /probes/join spoof 10.89.0.9 10.89.0.3; /probes/reach_host 1; /probes/join visit 127.0.0.1 80") with
        {
            Seccomp = new InlinePolicy { Json = Encoding.UTF8.GetBytes(policy) },
            User = new() { Uid = id, Gid = id },
        });
        await stop.CancelAsync();
        AssertVerdict(Verdict.Cancelled, await owner);

        Assert.DoesNotContain("escaped", Out(guest), StringComparison.Ordinal);
        Assert.Contains("denied", Out(guest), StringComparison.Ordinal);
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task A_job_is_found_by_its_label_and_the_last_digits_of_its_id()
    {
        var said = await Shell("""
            "$SANDBOX" run -d --name shop --network test-net --shareable --ipc shareable -- sleep 30 >id
            "$SANDBOX" run --network container:shop --ipc container:shop -- grep -c eth0 /proc/net/dev
            "$SANDBOX" run --network "container:$(tail -c 9 id)" -- grep -c eth0 /proc/net/dev
            "$SANDBOX" run --network container:shop --allow any -- true 2>/dev/null; echo "status $?"
            "$SANDBOX" kill shop
            "$SANDBOX" wait shop
            """);

        Assert.StartsWith("1\n1\nstatus 2\n", said.Stdout.Replace("status 125", "status 2", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private static bool HasScopes => Environment.OSVersion.Version >= new Version(6, 12);

    private static JobSpec Owner(params string[] command) => Probe.Tool(command) with
    {
        Network = new JoinedNetwork { NetworkName = Net, Name = "web", Address = "10.89.0.2", Shareable = true },
        Ipc = new() { Shareable = true },
    };

    private static JobSpec Guest(params string[] command) => Probe.Tool(command) with { Network = Network.Of("web"), Ipc = new() { Container = "web" } };

    // Until the owner is there.
    private async Task<JobResult> BesideAsync(JobSpec guest)
    {
        for (var tried = 0; ; tried++)
        {
            var result = await RunAsync(guest);
            if (tried == 600 || result.Error is not { Errno: "ENOENT", Pointer: "/network/container" })
            {
                return result;
            }

            await Task.Delay(50, Cancellation);
        }
    }
}
