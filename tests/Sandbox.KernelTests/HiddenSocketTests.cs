using System.Diagnostics;
using Sandbox.Execution;
using Sandbox.Planning.Steps;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A job that binds what is above the sockets of a job host does not come to them.</summary>
public sealed class HiddenSocketTests : KernelTest
{
    [KernelTheory]
    [InlineData("")]
    [InlineData("/in/..")]
    [InlineData("/link")]
    [InlineData("/../{name}")]
    public async Task Below_a_read_only_bind_the_directory_of_the_sockets_is_empty(string way)
    {
        await using var host = await StartAsync();
        File.CreateSymbolicLink(Directory + "/link", Directory);
        foreach (var root in new[] { "", "/proc/self/root" })
        {
            var source = root + Directory + way.Replace("{name}", Path.GetFileName(Directory), StringComparison.Ordinal);

            foreach (var socket in new[] { "s", "s.exec" })
            {
                AssertPrinted("denied ENOENT", await RunAsync(Reach(socket, Mount.Bind(source, "/host"))));
            }

            var listed = await RunAsync(Probe.Tool("ls", "-A", "/host/in") with { Mounts = [Mount.Bind(source, "/host")] });
            AssertPrinted("", listed);
        }
    }

    // The command, and the job host itself for jobs of the command.
    [KernelFact]
    public async Task It_is_so_for_every_command_and_through_the_host()
    {
        await using var host = await StartAsync();
        File.WriteAllText(Directory + "/job.json", $$"""
            { "command": ["/probes/reach_host", "/host/in/s"], "rootfs": "empty",
              "mounts": [ { "type": "bind", "source": "{{Probe.Directory}}", "target": "/probes" }, { "type": "bind", "source": "{{Directory}}", "target": "/host" } ] }
            """);

        var alone = await CommandRun.SandboxAsync("", Cancellation, "exec", "--server", "none", Directory + "/job.json");
        var served = await CommandRun.SandboxAsync("", Cancellation, "exec", "--server", host.Socket, Directory + "/job.json");
        var run = await CommandRun.SandboxAsync("", Cancellation, "run", "-v", $"{Probe.Directory}:/probes", "-v", $"{Directory}:/host", "/probes/reach_host", "/host/in/s");

        Assert.Contains("denied ENOENT", alone.Stdout, StringComparison.Ordinal);
        Assert.Contains("denied ENOENT", served.Stdout, StringComparison.Ordinal);
        Assert.Contains("denied ENOENT", run.Stdout, StringComparison.Ordinal);
        Assert.DoesNotContain("not let in", host.Said, StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("in", false)]
    [InlineData("in/s", false)]
    [InlineData("in/s.exec", false)]
    [InlineData("hard", false)]
    [InlineData("link", false)]
    [InlineData("", true)]
    [InlineData("in/..", true)]
    [InlineData("in", true)]
    public async Task A_bind_of_them_and_a_writable_one_above_are_no_job(string source, bool writable)
    {
        await using var host = await StartAsync();
        File.CreateSymbolicLink(Directory + "/link", Directory + "/in/s");
        using (var link = Process.Start("ln", [Directory + "/in/s", Directory + "/hard"]))
        {
            await link.WaitForExitAsync(Cancellation);
        }

        var refused = await Assert.ThrowsAsync<InvalidJobException>(() => RunAsync(Reach("s", Mount.Bind($"{Directory}/{source}", "/host", writable))));

        Assert.Contains("belongs to a job host", Assert.Single(refused.Problems).Message, StringComparison.Ordinal);
    }

    // unix(7) finds a socket by its inode, and that of an overlay is another one.
    [KernelFact]
    public async Task Through_an_overlay_no_socket_answers_and_its_upper_side_may_not_be_above()
    {
        await using var host = await StartAsync();
        System.IO.Directory.CreateDirectory(Directory + "/lower");

        var overlay = await RunAsync(Reach("s", Mount.Overlay(Directory, "/host")));
        var refused = await Assert.ThrowsAsync<InvalidJobException>(() => RunAsync(Reach("s", new OverlayMount { Source = Directory + "/lower", Target = "/host", Upper = Directory })));

        AssertDenied(overlay);
        Assert.DoesNotContain("not let in", host.Said, StringComparison.Ordinal);
        Assert.Equal("/mounts/1/upper", Assert.Single(refused.Problems).Pointer);
    }

    [KernelFact]
    public async Task What_lies_in_that_directory_can_be_bound_by_itself()
    {
        await using var host = await StartAsync();
        System.IO.Directory.CreateDirectory(Directory + "/in/data");
        File.WriteAllText(Directory + "/in/data/a", "a");

        AssertPrinted("a", await RunAsync(Probe.Tool("cat", "/host/a") with { Mounts = [Mount.Bind(Directory + "/in/data", "/host", writable: true)] }));
    }

    [KernelFact(Needs.Root)]
    public async Task A_directory_that_is_mounted_elsewhere_too_is_covered_there_as_well()
    {
        await using var host = await StartAsync();
        System.IO.Directory.CreateDirectory(Directory + "/else/again");
        // in a mount namespace of its own, which ends with it
        var script = $"mount --make-rprivate / && mount --bind {Directory} {Directory}/else/again && exec {Probe.CommandLine} run -v {Probe.Directory}:/probes -v {Directory}/else:/host /probes/reach_host /host/again/in/s";

        var run = await CommandRun.StartAsync("unshare", "", Cancellation, "--mount", "sh", "-c", script);

        Assert.Contains("denied ENOENT", run.Stdout, StringComparison.Ordinal);
    }

    // The plan says what it saw: if that is not there any more, or something else is, nothing is started.
    [KernelTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_gone_or_another_when_it_is_to_be_covered_stops_the_job(bool isThere)
    {
        System.IO.Directory.CreateDirectory(Directory + "/here");
        if (isThere)
        {
            System.IO.Directory.CreateDirectory(Directory + "/here/in");
        }

        using var launcher = new Launcher(null);
        using var job = new LaunchedJob(launcher, Probe.Job("say", "a") with { Mounts = [Probe.Mount, Mount.Bind(Directory + "/here", "/host")] }, waits: false, hidden: [new(Directory + "/here/in", 1, 1)]);

        var failed = job.Next();

        Assert.Equal((Interop.ReportKind.Failed, isThere ? "ESTALE" : "ENOENT"), (failed.Kind, Interop.Errno.Name(failed.Error)));
        Assert.IsType<MaskStep>(job.Plan.Steps[failed.Step]);
    }

    private static JobSpec Reach(string socket, Mount mount) => Probe.Job("reach_host", mount.Target + "/in/" + socket) with { Mounts = [Probe.Mount, mount] };

    private Task<ServedHost> StartAsync()
    {
        System.IO.Directory.CreateDirectory(Directory + "/in");
        return ServedHost.StartAsync(Directory + "/in", Cancellation);
    }
}
