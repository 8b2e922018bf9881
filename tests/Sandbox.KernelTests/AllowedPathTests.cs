using System.Net;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What a job host's configuration allows of the machine, and nothing beside it.</summary>
public sealed class AllowedPathTests : AllowedPathTest
{
    [KernelTheory]
    [InlineData("""{ "command": ["cat", "/t/deep/in"], "mounts": [ { "type": "bind", "source": "DIR/tests", "target": "/t" } ] }""", "input\n")]
    [InlineData("""{ "command": ["cat", "/t/in"], "mounts": [ { "type": "bind", "source": "DIR/tests/deep", "target": "/t" } ] }""", "input\n")]
    [InlineData("""{ "command": ["cat", "/t"], "mounts": [ { "type": "bind", "source": "DIR/tests/within", "target": "/t" } ] }""", "input\n")]
    [InlineData("""{ "command": ["sh", "-c", "echo made >/t/made && cat /t/made"], "mounts": [ { "type": "bind", "source": "DIR/scratch", "target": "/t", "writable": true } ] }""", "made\n")]
    [InlineData("""{ "command": ["cat"], "stdin": { "from": "DIR/tests/deep/in" } }""", "input\n")]
    [InlineData("""{ "command": ["cat", "/work/f"], "files": { "/work/f": { "from": "DIR/tests/within" } } }""", "input\n")]
    [InlineData("""{ "command": ["sh", "-c", "cat /work/f; echo x >/work/f || rm -f /work/f; cat /work/f"], "files": { "/work/f": { "from": "DIR/tests/deep/in", "readOnly": true } } }""", "input\ninput\n")]
    [InlineData("""{ "command": ["cat", "/proc/self/status"], "seccomp": "DIR/policies/own.json", "limits": { "output": "1B" }, "onOutputLimit": "truncate" }""", "N")]
    public async Task What_is_below_an_allowed_directory_comes_to_the_job(string job, string output)
    {
        await using var host = await StartAsync();

        var result = await PostAsync(host, job);

        Assert.Equal(output, result.GetProperty("stdout").GetProperty("text").GetString());
    }

    [KernelTheory]
    [InlineData("""{ "type": "bind", "source": "DIR", "target": "/t" }""")]
    [InlineData("""{ "type": "bind", "source": "DIR/secret", "target": "/t" }""")]
    [InlineData("""{ "type": "bind", "source": "DIR/tests/../secret", "target": "/t" }""")]
    [InlineData("""{ "type": "bind", "source": "DIR/tests/out", "target": "/t" }""")]
    [InlineData("""{ "type": "bind", "source": "DIR/tests/out/key", "target": "/t" }""")]
    [InlineData("""{ "type": "bind", "source": "DIR/tests/absolute", "target": "/t" }""")]
    [InlineData("""{ "type": "bind", "source": "DIR/tests/magic", "target": "/t" }""")]
    [InlineData("""{ "type": "bind", "source": "DIR/tests/missing", "target": "/t", "optional": true }""")]
    [InlineData("""{ "type": "bind", "source": "DIR/tests", "target": "/t", "writable": true }""")]
    [InlineData("""{ "type": "bind", "source": "DIR/testsuite", "target": "/t" }""")]
    [InlineData("""{ "type": "bind", "source": "/proc/self/cwd", "target": "/t" }""")]
    [InlineData("""{ "type": "overlay", "source": "DIR/tests", "target": "/t" }""")]
    public async Task A_bind_of_anything_else_is_refused(string mount) => await AssertRefusedAsync($"\"mounts\": [ {mount} ]", "/mounts/0");

    [KernelTheory]
    [InlineData("\"stdin\": { \"from\": \"DIR/secret/key\" }", "/stdin")]
    [InlineData("\"stdin\": { \"from\": \"DIR/tests/out/key\" }", "/stdin")]
    [InlineData("\"stdin\": { \"from\": \"DIR/tests/../secret/key\" }", "/stdin")]
    [InlineData("\"stdin\": { \"from\": \"DIR/tests/deep\" }", "/stdin")]
    [InlineData("\"stdin\": { \"from\": \"/proc/self/environ\" }", "/stdin")]
    [InlineData("\"files\": { \"/f\": { \"from\": \"DIR/tests/absolute\" } }", "/files/~1f")]
    [InlineData("\"files\": { \"/f\": { \"from\": \"DIR/scratch/x\" } }", "/files/~1f")]
    [InlineData("\"stdin\": { \"from\": \"DIR/tests/fifo\" }", "/stdin")]
    [InlineData("\"rootfs\": { \"directory\": \"DIR/tests\" }", "/rootfs/directory")]
    [InlineData("\"rootfs\": { \"directory\": \"DIR/roots/out\" }", "/rootfs/directory")]
    [InlineData("\"rootfs\": { \"directory\": \"DIR/roots/magic\" }", "/rootfs/directory")]
    [InlineData("\"rootfs\": { \"directory\": \"DIR/roots/../tests\", \"writable\": true }", "/rootfs/directory")]
    [InlineData("\"rootfs\": { \"directory\": \"DIR/roots/fifo\" }", "/rootfs/directory")]
    [InlineData("\"rootfs\": { \"image\": \"DIR/images/out/key\" }", "/rootfs/image")]
    [InlineData("\"rootfs\": { \"image\": \"DIR/images/fifo\" }", "/rootfs/image")]
    [InlineData("\"rootfs\": { \"image\": \"DIR/tests\" }", "/rootfs/image")]
    [InlineData("\"seccomp\": { \"unlisted\": \"allow\" }", "/seccomp")]
    [InlineData("\"seccomp\": \"DIR/tests/deep/in\"", "/seccomp")]
    [InlineData("\"seccomp\": \"DIR/policies/absolute\"", "/seccomp")]
    [InlineData("\"seccomp\": \"DIR/policies/out/key\"", "/seccomp")]
    [InlineData("\"seccomp\": \"DIR/policies/fifo\"", "/seccomp")]
    [InlineData("\"seccomp\": \"/proc/self/fd/0\"", "/seccomp")]
    [InlineData("\"devices\": [ \"/dev/fuse\" ]", "/devices")]
    [InlineData("\"network\": \"host\"", "/network")]
    [InlineData("\"cpuset\": \"0\"", "/cpuset")]
    [InlineData("\"subids\": true", "/subids")]
    public async Task Everything_else_of_the_machine_is_refused(string members, string pointer) => await AssertRefusedAsync(members, pointer);

    // What was right when it was sent and leads out when its turn comes.
    [KernelTheory]
    [InlineData("""{ "command": ["cat", "/t/key"], "mounts": [ { "type": "bind", "source": "DIR/scratch/d", "target": "/t", "writable": true } ] }""")]
    [InlineData("""{ "command": ["cat"], "stdin": { "from": "DIR/tests/d/key" } }""")]
    [InlineData("""{ "command": ["cat", "/key"], "rootfs": { "directory": "DIR/roots/d" } }""")]
    [InlineData("""{ "command": ["cat", "/key"], "rootfs": { "image": "DIR/images/d" } }""")]
    [InlineData("""{ "command": ["true"], "seccomp": "DIR/policies/d/key" }""")]
    [InlineData("""{ "command": ["echo", "said"], "stdout": { "to": "DIR/out/d/key" } }""")]
    [InlineData("""{ "command": ["cp", "/proc/self/status", "/work/f"], "outputs": [ { "path": "/work/f", "to": "DIR/out/d/key" } ] }""")]
    public async Task What_is_swapped_for_a_link_while_the_job_waits_starts_no_job(string job)
    {
        await using var host = await StartAsync("--slots", "1");
        string[] directories = ["/tests/d", "/scratch/d", "/roots/d", "/images/d", "/policies/d", "/out/d"];
        foreach (var directory in directories)
        {
            System.IO.Directory.CreateDirectory(Directory + directory);
            File.WriteAllText(Directory + directory + "/key", "harmless\n");
        }

        using var first = await host.PostAsync("""{ "command": ["sleep", "60"] }""", Cancellation, "?wait=0");
        using var waiting = await host.PostAsync(Here(job), Cancellation, "?wait=0");
        foreach (var directory in directories)
        {
            System.IO.Directory.Move(Directory + directory, Directory + directory + "-away");
            File.CreateSymbolicLink(Directory + directory, "../secret");
        }

        await host.Client.DeleteAsync(first.Headers.Location, Cancellation);
        using var answer = await host.Client.GetAsync(waiting.Headers.Location + "?wait=1", Cancellation);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);

        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.BadRequest), (waiting.StatusCode, answer.StatusCode));
        Assert.Contains("leads out", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret\\n", text, StringComparison.Ordinal);
        Assert.Equal("secret\n", await File.ReadAllTextAsync(Directory + "/secret/key", Cancellation));
    }

    // The last moment: after it was found, before pid 1 copies it.
    [KernelFact]
    public async Task Another_directory_at_the_path_of_a_bind_stops_the_set_up()
    {
        using var prefix = HostPrefix.Open(Directory + "/tests");
        using var held = prefix.Hold(Directory + "/tests/deep");
        System.IO.Directory.Move(Directory + "/tests/deep", Directory + "/tests/away");
        File.CreateSymbolicLink(Directory + "/tests/deep", Directory + "/secret");

        var result = await RunAsync(Probe.Tool("ls", "/t") with { Mounts = [new BindMount { Source = held.Path, Target = "/t", Identity = held.Identity }] });

        AssertVerdict(Verdict.SetupError, result);
        Assert.Equal(("ESTALE", "/mounts/0"), (result.Error!.Errno, result.Error.Pointer));
    }

    // The same of a root, whose entries are looked up one by one; the directory that takes its place would show another file.
    [KernelTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Another_directory_at_the_path_of_a_root_stops_the_set_up(bool writable)
    {
        var root = MakeRoot("one");
        using var prefix = HostPrefix.Open(Directory + "/roots");
        using var held = prefix.Hold(root);
        var job = new JobSpec { Command = ["/bin/busybox", "cat", "/data/says"], Rootfs = new DirectoryRootfs { Path = root, Writable = writable, Held = held } };
        var before = await RunAsync(job);
        System.IO.Directory.Move(root, root + "-away");
        System.IO.Directory.Move(MakeRoot("two"), root);

        var after = await RunAsync(job);

        AssertPrinted("one", before);
        AssertVerdict(Verdict.SetupError, after);
        Assert.Equal(("ESTALE", "/rootfs/directory"), (after.Error!.Errno, after.Error.Pointer));
    }

    [KernelTheory]
    [InlineData("\"rootfs\": { \"directory\": \"DIR/roots/one\" }")]
    [InlineData("\"rootfs\": { \"directory\": \"DIR/roots/one\", \"writable\": true }")]
    [InlineData("\"rootfs\": { \"image\": \"DIR/images/busybox.tar\" }")]
    public async Task A_root_below_an_allowed_directory_is_the_jobs(string rootfs)
    {
        _ = MakeRoot("one");
        BusyboxImage.Save(Directory + "/images/busybox.tar", "busybox:1", BusyboxImage.Base());
        await using var host = await StartAsync("--store", Directory + "/store");

        var result = await PostAsync(host, $$"""{ "command": ["/bin/busybox", "sh", "-c", "test ! -e /usr/bin/env && echo here"], {{rootfs}} }""");

        Assert.True(result.GetProperty("verdict").GetString() == "ok", result.ToString());
        Assert.Equal("here\n", result.GetProperty("stdout").GetProperty("text").GetString());
    }

    [KernelFact]
    public async Task A_policy_that_extends_a_file_reads_none()
    {
        await using var host = await StartAsync();

        using var answer = await host.PostAsync(Here("""{ "command": ["true"], "seccomp": "DIR/policies/extends.json" }"""), Cancellation);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("this policy may extend a built-in one, and no file", text, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task Words_allow_what_they_say()
    {
        await using var host = await StartAsync("--allow", "network=host", "--allow", "cpuset", "--allow", "device=/dev/tty0");

        foreach (var members in new[] { "\"network\": \"host\"", "\"cpuset\": \"0\"" })
        {
            Assert.Equal("ok", (await PostAsync(host, $$"""{ "command": ["true"], {{members}} }""")).GetProperty("verdict").GetString());
        }

        using var other = await host.PostAsync("""{ "command": ["true"], "devices": ["/dev/tty0", "/dev/fuse"] }""", Cancellation);
        Assert.Equal(HttpStatusCode.Forbidden, other.StatusCode);
    }
}
