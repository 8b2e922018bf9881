using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Roots made of directories: what a job may change of them, what of them reaches the host, and what is made for every job.</summary>
public sealed class RootfsTests : KernelTest
{
    private const string Script = "echo new >/made; mv /etc/issue /tmp/old; echo changed >/etc/issue; rm /gone; mkdir -p /opt/deep/er; cat /made /etc/issue; ls -d /gone /opt/deep/er";

    [KernelFact]
    public async Task A_writable_root_takes_every_change_and_its_directory_none()
    {
        var root = Tree();

        var result = await RunAsync(Job(root, writable: true, Script + " 2>/dev/null; exit 0"));

        AssertPrinted("new\nchanged\n/opt/deep/er", result);
        Assert.Equal(("kept", "original"), (await Read(root, "gone"), await Read(root, "etc/issue")));
        Assert.Equal(["bin", "etc", "gone", "lib", "lib64", "usr"], System.IO.Directory.EnumerateFileSystemEntries(root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [KernelFact]
    public async Task A_root_is_read_only_unless_asked_otherwise()
    {
        var result = await RunAsync(Job(Tree(), writable: false, "for place in / /etc /usr; do touch $place/x 2>/dev/null && echo $place; done; exit 0"));

        AssertPrinted("", result);
    }

    [KernelFact]
    public async Task Changes_of_a_root_count_in_disk()
    {
        var job = Job(Tree(), writable: true, "head -c 8M /dev/zero >/big; stat -c %s /big; sleep 1");

        var result = await RunAsync(job with { Limits = job.Limits with { DiskBytes = 4 << 20 } });

        Assert.Contains("disk", result.LimitsHit);
        if (result.Enforcement["disk"].By == Mechanism.Watchdog)
        {
            // The changes are on a disk, where the kernel holds nothing: before Linux 6.6.
            AssertVerdict(Verdict.DiskLimit, result);
            return;
        }

        AssertVerdict(Verdict.Ok, result);
        Assert.InRange(long.Parse(Out(result), null), 1 << 20, 4 << 20);
    }

    [KernelTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Names_of_the_job_and_its_host_are_made_for_it(bool writable)
    {
        var root = Tree();
        await File.WriteAllTextAsync(Path.Combine(root, "etc/passwd"), "root:x:0:0:tree:/root:/bin/sh\n", Cancellation);
        await File.WriteAllTextAsync(Path.Combine(root, "etc/hosts"), "10.0.0.1 elsewhere\n", Cancellation);

        var result = await RunAsync(Job(root, writable, "cat /etc/hostname /etc/passwd; grep -c localhost /etc/hosts; grep -c elsewhere /etc/hosts"));

        Assert.Equal("sandbox\nroot:x:0:0:tree:/root:/bin/sh\njob:x:1000:1000:job:/work:/bin/sh\n2\n0\n", Out(result));
        Assert.Equal("10.0.0.1 elsewhere\n", await Read(root, "etc/hosts"));
    }

    [KernelTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_link_of_the_directory_brings_nothing_of_the_host_in(bool writable)
    {
        var secret = Path.Combine(Directory, "secret");
        await File.WriteAllTextAsync(secret, "job:x:4242:4242:secret:/:/bin/sh\n", Cancellation);
        var root = Tree();
        File.CreateSymbolicLink(Path.Combine(root, "etc/passwd"), secret);
        File.CreateSymbolicLink(Path.Combine(root, "etc/group"), "../../secret");

        var result = await RunAsync(Job(root, writable, "cat /etc/passwd /etc/group"));

        AssertVerdict(Verdict.Ok, result);
        Assert.DoesNotContain("secret", Out(result), StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("etc", Verdict.SetupError)]
    [InlineData("dev", Verdict.Ok)]
    [InlineData("work", Verdict.Ok)]
    [InlineData("tmp", Verdict.Ok)]
    [InlineData("proc", Verdict.ExitCode)]
    public async Task A_directory_of_the_root_that_is_a_link_is_never_followed_to_the_host(string name, Verdict verdict)
    {
        var victim = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "victim")).FullName;
        var root = Tree();
        if (System.IO.Directory.Exists(Path.Combine(root, name)))
        {
            System.IO.Directory.Delete(Path.Combine(root, name), recursive: true);
        }

        File.CreateSymbolicLink(Path.Combine(root, name), victim);

        var result = await RunAsync(Job(root, writable: true, $"echo started > /{name}/file"));

        // What every job gets stands in the place of the link; in /proc nobody makes a file.
        AssertVerdict(verdict, result);
        Assert.Empty(System.IO.Directory.EnumerateFileSystemEntries(victim));
    }

    [KernelTheory]
    [InlineData("/opt/app/deep")]
    [InlineData("/etc")]
    public async Task A_working_directory_is_there_when_the_job_starts(string directory)
    {
        var result = await RunAsync(Job(Tree(), writable: true, "pwd; ls issue 2>/dev/null; exit 0") with { WorkingDirectory = directory });

        AssertPrinted(directory == "/etc" ? "/etc\nissue" : directory, result);
    }

    [KernelFact(Needs.Device)]
    public async Task A_device_is_there_only_if_it_was_asked_for()
    {
        var device = Requirements.Device!;
        var job = Probe.Tool("/bin/sh", "-c", $"test -c {device} && echo there || echo not there");

        AssertPrinted("not there", await RunAsync(job));
        AssertPrinted("there", await RunAsync(job with { Devices = [device] }));
        AssertPrinted("there", await RunAsync(Job(Tree(), writable: true, $"test -c {device} && echo there") with { Devices = [device] }));
    }

    [KernelFact]
    public async Task A_device_that_is_none_or_not_there_is_refused()
    {
        var job = Probe.Tool("/bin/true") with { Devices = ["/dev/no-such-device"] };

        var result = await RunAsync(job);

        AssertVerdict(Verdict.SetupError, result);
        Assert.Equal(("/devices/0", "ENOENT"), (result.Error!.Pointer, result.Error.Errno));
        await Assert.ThrowsAsync<InvalidJobException>(() => RunAsync(job with { Devices = ["/etc/passwd"] }));
    }

    private static Task<string> Read(string root, string file) => File.ReadAllTextAsync(Path.Combine(root, file), Cancellation);

    // Little but links into a /usr that is bound: enough for a shell.
    private string Tree()
    {
        var root = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "root")).FullName;
        System.IO.Directory.CreateDirectory(Path.Combine(root, "usr"));
        System.IO.Directory.CreateDirectory(Path.Combine(root, "etc"));
        foreach (var name in (string[])["bin", "lib", "lib64"])
        {
            File.CreateSymbolicLink(Path.Combine(root, name), "usr/" + name);
        }

        File.WriteAllText(Path.Combine(root, "etc/issue"), "original");
        File.WriteAllText(Path.Combine(root, "gone"), "kept");
        return root;
    }

    private static JobSpec Job(string root, bool writable, string script) => Probe.Tool("/bin/sh", "-c", script) with
    {
        Rootfs = new DirectoryRootfs { Path = root, Writable = writable },
        Mounts = [new BindMount { Source = "/usr", Target = "/usr" }],
    };
}
