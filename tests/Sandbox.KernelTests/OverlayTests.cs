using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Where an overlay cannot be had, or not all of it changed, the reason is told by name.</summary>
public sealed class OverlayTests : KernelTest
{
    // In a user namespace of the test's own, whose mounts its caller may make; the sandbox there is an ordinary user.
    private const string Below = "mkdir -p \"source/a b\" && mount -t tmpfs t \"source/a b\" && ";

    [KernelTheory(tool: "unshare")]
    [InlineData("--volume ./source:/work:overlay")]
    [InlineData("--volume ./source:/data --text /data/new=1")]
    [InlineData("--volume ./source:/data --volume ./source:/data/new")]
    public async Task A_mount_below_the_source_is_named(string options)
    {
        var run = await InNamespaceAsync($"{Below} \"$SANDBOX\" run {options} true");

        Assert.Equal(125, run.ExitStatus);
        Assert.Contains("EINVAL", run.Stderr, StringComparison.Ordinal);
        Assert.Contains($"hint: \"{Directory}/source/a b\" is a mount of its own below", run.Stderr, StringComparison.Ordinal);
    }

    [KernelFact(tool: "unshare")]
    public async Task A_mount_below_a_writable_root_is_named()
    {
        await File.WriteAllTextAsync(
            Path.Combine(Directory, "job.json"), """{ "command": ["true"], "rootfs": { "directory": "source", "writable": true } }""", Cancellation);

        var run = await InNamespaceAsync(Below + "\"$SANDBOX\" exec job.json");

        Assert.Equal("setup-error", run.Verdict);
        Assert.Contains($"\"{Directory}/source/a b\" is a mount", run.Result.GetProperty("error").GetProperty("hint").GetString(), StringComparison.Ordinal);
    }

    // The files every job gets in /etc are not worth a job that does not start: what the directory has itself is there.
    [KernelFact(tool: "unshare")]
    public async Task A_root_whose_etc_has_mounts_is_taken_as_it_is()
    {
        await File.WriteAllTextAsync(
            Path.Combine(Directory, "job.json"),
            $$"""
            { "command": ["/probes/open_file", "/etc/hosts"], "rootfs": { "directory": "source" },
              "mounts": [ { "type": "bind", "source": "{{Probe.Directory}}", "target": "/probes" } ] }
            """,
            Cancellation);

        var run = await InNamespaceAsync(
            "mkdir -p source/etc && echo mine > hosts && touch source/etc/hosts && mount --bind hosts source/etc/hosts && \"$SANDBOX\" exec job.json");

        Assert.True(run.Verdict == "ok", run.ToString());
        Assert.Contains("localhost", run.Stdout, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task Files_of_another_user_in_an_overlay_are_told()
    {
        var job = Probe.Tool("sh", "-c", "echo x > new && echo made; echo x >> README 2>/dev/null || echo refused") with
        {
            WorkingDirectory = "/src",
            Mounts = [new OverlayMount { Source = "/etc/alternatives", Target = "/src" }],
        };

        var result = await RunAsync(job);

        AssertPrinted("made\nrefused", result);
        Assert.Contains("/etc/alternatives belongs to the user 0", Assert.Single(result.Notes), StringComparison.Ordinal);
    }

    [KernelFact(Needs.Root, tool: "setpriv")]
    public async Task Files_of_a_supplementary_group_in_an_overlay_are_told()
    {
        const string Script = """
            mkdir -p team/sub && echo 1 > team/file && chown -R 54321:54322 team && chmod 2775 team team/sub && cd team &&
            exec setpriv --reuid 54321 --regid 54321 --groups 54322 "$SANDBOX" run --cgroup none --volume .:/work:overlay sh -c 'cat file; echo x >> file'
            """;

        var run = await CommandRun.ShellInAsync(Directory, Script, Cancellation);

        Assert.Equal("1\n", run.Stdout);
        Assert.Contains($"note: {Directory}/team belongs to the group 54322, which the job does not have", run.Stderr, StringComparison.Ordinal);
    }

    [KernelFact(Needs.Unprivileged)]
    public async Task Of_an_overlay_that_can_be_changed_there_is_nothing_to_tell()
    {
        await File.WriteAllTextAsync(Path.Combine(Directory, "file"), "1", Cancellation);
        var job = Probe.Tool("sh", "-c", "echo x >> /src/file") with { Mounts = [new OverlayMount { Source = Directory, Target = "/src" }] };

        var result = await RunAsync(job);

        AssertVerdict(Verdict.Ok, result);
        Assert.Empty(result.Notes);
    }

    [KernelTheory]
    [InlineData("wanted", "wanted", Verdict.Ok)]
    [InlineData("other", "wanted", Verdict.SetupError)]
    [InlineData("wanted/", "wanted", Verdict.SetupError)]
    [InlineData(null, "wanted", Verdict.SetupError)]
    public async Task A_link_that_is_there_already_is_no_error_if_it_is_the_one(string? there, string wanted, Verdict verdict)
    {
        if (there is null)
        {
            await File.WriteAllTextAsync(Path.Combine(Directory, "link"), "a file", Cancellation);
        }
        else
        {
            File.CreateSymbolicLink(Path.Combine(Directory, "link"), there);
        }

        foreach (var writable in (bool[])[true, false])
        {
            var job = Probe.Tool("readlink", "/data/link") with
            {
                Mounts = [new BindMount { Source = Directory, Target = "/data", Writable = writable }, new SymlinkMount { Source = wanted, Target = "/data/link" }],
            };

            var result = await RunAsync(job);

            AssertVerdict(verdict, result);
            Assert.Equal(verdict == Verdict.Ok ? "wanted\n" : "", Out(result));
        }

        Assert.Equal(there, new FileInfo(Path.Combine(Directory, "link")).LinkTarget);
    }

    // Real root does without a namespace that has none of its ids.
    private static string AsSomebody => Requirements.IsRoot ? "setpriv --reuid 54321 --regid 54321 --clear-groups " : "";

    private Task<CommandRun> InNamespaceAsync(string script) =>
        CommandRun.ShellInAsync(Directory, $"exec {AsSomebody}unshare -rm sh -c '{script.Replace("\"$SANDBOX\"", Probe.CommandLine, StringComparison.Ordinal)}'", Cancellation);
}
