using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A volume keeps what jobs write to it, for those that name it and for nobody else.</summary>
public sealed class VolumeTests : StoreTest, IDisposable
{
    private VolumeStore Volumes => new(StoreLocation);

    private string VolumesDirectory => Path.Combine(StoreLocation, "volumes");

    [KernelFact]
    public async Task What_one_job_writes_the_next_one_finds_and_may_change()
    {
        await Volumes.CreateAsync("cache", Cancellation);

        AssertPrinted("", await RunStoredAsync(Shell("mkdir /cache/in && echo one > /cache/in/file && chmod 0640 /cache/in/file", Mount.Volume("cache", "/cache"))));
        AssertPrinted("one\ntwo\n0", await RunStoredAsync(Shell("echo two >> /cache/in/file; mv /cache/in /cache/moved; cat /cache/moved/file; find /cache -not -user $(id -u) | wc -l", Mount.Volume("cache", "/cache"))));
        AssertPrinted("moved", await RunStoredAsync(Shell("ls -A /cache", Mount.Volume("cache", "/cache", readOnly: true))));
    }

    [KernelFact]
    public async Task A_volume_that_is_not_there_is_an_error_unless_the_job_makes_it()
    {
        var missing = await RunStoredAsync(Shell("true", Mount.Volume("cache", "/cache")));
        var made = await RunStoredAsync(Shell("echo x > /cache/x", new VolumeMount { Name = "cache", Target = "/cache", Create = true }));
        var again = await RunStoredAsync(Shell("cat /cache/x", new VolumeMount { Name = "cache", Target = "/cache", Create = true }));

        AssertVerdict(Verdict.SetupError, missing);
        Assert.Equal(("ENOENT", "/mounts/0/source", "find volume"), (missing.Error!.Errno, missing.Error.Pointer, missing.Error.Step));
        Assert.Contains("sandbox volume create", missing.Error.Hint, StringComparison.Ordinal);
        AssertPrinted("", made);
        AssertPrinted("x", again);
    }

    [KernelFact]
    public void A_plan_makes_no_volume()
    {
        var plan = StoreRunner.DescribePlan(Shell("true", new VolumeMount { Name = "cache", Target = "/cache", Create = true }), Cancellation);

        Assert.Contains("/volumes/named/cache/data to /cache", plan, StringComparison.Ordinal);
        Assert.False(System.IO.Directory.Exists(VolumesDirectory));
    }

    [KernelFact]
    public async Task Read_only_and_noexec_hold_for_that_job_alone()
    {
        await Volumes.CreateAsync("tools", Cancellation);
        AssertPrinted("", await RunStoredAsync(Shell("cp /probes/say /v/say", Mount.Volume("tools", "/v"), Probe.Mount)));

        var readOnly = await RunStoredAsync(Shell("touch /v/new; /v/say ran", Mount.Volume("tools", "/v", readOnly: true)));
        var noExec = await RunStoredAsync(Shell("touch /v/new; /v/say ran", new VolumeMount { Name = "tools", Target = "/v", NoExec = true }));

        Assert.Contains("Read-only file system", Err(readOnly), StringComparison.Ordinal);
        Assert.Equal("ran\n", Out(readOnly));
        Assert.Equal(126, noExec.ExitCode);
        Assert.True(File.Exists(Path.Combine(VolumesDirectory, "named/tools/data/new")));
    }

    // What is written there is not taken off the disk limit; a single file is held to its own.
    [KernelFact]
    public async Task What_is_written_does_not_count_as_disk()
    {
        await Volumes.CreateAsync("big", Cancellation);
        var job = Shell("head -c 8M /dev/zero > /v/a && head -c 8M /dev/zero > /v/b && stat -c %s /v/a", Mount.Volume("big", "/v"));

        var result = await RunStoredAsync(job with { Limits = job.Limits with { DiskBytes = 1 << 20, FileSizeBytes = 9 << 20 } });
        var larger = await RunStoredAsync(Shell("head -c 8M /dev/zero > /v/c", Mount.Volume("big", "/v")) with { Limits = job.Limits with { FileSizeBytes = 1 << 20 } });

        AssertPrinted("8388608", result);
        Assert.Equal(1 << 20, new FileInfo(Path.Combine(VolumesDirectory, "named/big/data/c")).Length);
        Assert.NotEqual(Verdict.Ok, larger.Verdict);
        Assert.True((await Volumes.MeasureAsync("big", Cancellation)).Bytes >= 16 << 20);
    }

    [KernelFact]
    public async Task Two_jobs_may_have_it_at_once_and_meanwhile_nobody_removes_it()
    {
        await Volumes.CreateAsync("shared", Cancellation);
        await using var waits = await StoreRunner.StartAsync(Shell("until [ -e /v/word ]; do sleep 0.05; done; cat /v/word", Mount.Volume("shared", "/v")), Cancellation);

        var refused = await Assert.ThrowsAsync<SandboxException>(() => Volumes.RemoveAsync("shared", Cancellation));
        var listed = Assert.Single(await Volumes.ListAsync(Cancellation));
        var pruned = await Volumes.PruneAsync(Cancellation);
        AssertPrinted("", await RunStoredAsync(Shell("echo heard > /v/tmp && mv /v/tmp /v/word", Mount.Volume("shared", "/v"))));

        AssertPrinted("heard", await waits.WaitAsync(Cancellation));
        Assert.Equal("EBUSY", refused.Errno);
        Assert.True(listed.InUse);
        Assert.Empty(pruned);
        await Volumes.RemoveAsync("shared", Cancellation);
        Assert.Empty(await Volumes.ListAsync(Cancellation));
    }

    // Whatever a job has left there: it is removed, and nothing outside is.
    [KernelFact]
    public async Task What_a_hostile_job_leaves_is_removed_and_nothing_beside_it()
    {
        await Volumes.CreateAsync("trap", Cancellation);
        await File.WriteAllTextAsync(Path.Combine(Directory, "outside"), "stays", Cancellation);

        AssertPrinted("kept in", await RunStoredAsync(Shell($"/probes/spoil_volume /v {Directory}", Mount.Volume("trap", "/v"), Probe.Mount)));
        var size = await Volumes.MeasureAsync("trap", Cancellation);
        AssertPrinted("", await RunStoredAsync(Shell("chmod 0 /v", Mount.Volume("trap", "/v"))));
        await Volumes.MeasureAsync("trap", Cancellation);
        await Volumes.RemoveAsync("trap", Cancellation);

        Assert.False(size.IsWhole);
        Assert.True(size.Files > 200);
        Assert.Empty(System.IO.Directory.GetFileSystemEntries(Path.Combine(VolumesDirectory, "trash")));
        Assert.Empty(System.IO.Directory.GetFileSystemEntries(Path.Combine(VolumesDirectory, "named")));
        Assert.Equal("stays", await File.ReadAllTextAsync(Path.Combine(Directory, "outside"), Cancellation));
    }

    [KernelFact]
    public async Task What_a_job_has_closed_or_put_in_the_way_the_next_one_still_gets()
    {
        await Volumes.CreateAsync("closed", Cancellation);
        AssertPrinted("", await RunStoredAsync(Shell("ln -s /etc/passwd /v/passwd; chmod 0 /v", Mount.Volume("closed", "/v"))));

        var next = await RunStoredAsync(Shell("chmod 0755 /v && readlink /v/passwd", Mount.Volume("closed", "/v")));
        var through = await RunStoredAsync(Shell("true", Mount.Volume("closed", "/v"), Mount.Tmpfs("/v/passwd/x")));

        AssertPrinted("/etc/passwd", next);
        AssertVerdict(Verdict.SetupError, through);
    }

    [KernelFact]
    public async Task No_other_job_sees_it_whatever_it_binds()
    {
        await Volumes.CreateAsync("secret", Cancellation);
        AssertPrinted("", await RunStoredAsync(Shell("echo secret > /v/file && chmod 0644 /v/file", Mount.Volume("secret", "/v"))));

        var above = await RunStoredAsync(Shell("cat /host/store/volumes/named/secret/data/file; ls -A /host/store/volumes", Mount.Bind(Directory, "/host")));
        var other = await RunStoredAsync(Shell("ls -A /v", new VolumeMount { Name = "other", Target = "/v", Create = true }));

        Assert.DoesNotContain("secret\n", Out(above), StringComparison.Ordinal);
        Assert.Equal("", Out(above));
        AssertPrinted("", other);
    }

    [KernelTheory]
    [InlineData("store/volumes", false, "/mounts/0/source")]
    [InlineData("store/volumes/named", false, "/mounts/0/source")]
    [InlineData("store/volumes/named/secret/data", false, "/mounts/0/source")]
    [InlineData("store/volumes/named/secret/data", true, "/mounts/0/source")]
    [InlineData("store", true, "/mounts/0/source")]
    [InlineData("", true, "/mounts/0/source")]
    [InlineData("link", false, "/mounts/0/source")]
    public async Task A_bind_of_it_and_a_writable_one_above_are_no_job(string source, bool writable, string pointer)
    {
        await Volumes.CreateAsync("secret", Cancellation);
        File.CreateSymbolicLink(Path.Combine(Directory, "link"), Path.Combine(VolumesDirectory, "named/secret"));

        var refused = await Assert.ThrowsAsync<InvalidJobException>(() => RunStoredAsync(Shell("true", Mount.Bind(Path.Combine(Directory, source), "/x", writable))));

        Assert.Equal(pointer, Assert.Single(refused.Problems).Pointer);
    }

    [KernelTheory]
    [InlineData("store/volumes/named/secret/data")]
    [InlineData("store")]
    [InlineData("")]
    public async Task An_overlay_of_it_or_of_what_is_above_is_no_job(string source)
    {
        await Volumes.CreateAsync("secret", Cancellation);

        var mount = await Assert.ThrowsAsync<InvalidJobException>(() => RunStoredAsync(Shell("true", Mount.Overlay(Path.Combine(Directory, source), "/x"))));
        var root = await Assert.ThrowsAsync<InvalidJobException>(() => RunStoredAsync(Shell("true") with { Rootfs = new DirectoryRootfs { Path = Path.Combine(Directory, source), Writable = true } }));

        Assert.Equal("/mounts/0/source", Assert.Single(mount.Problems).Pointer);
        Assert.Equal("/rootfs/directory", Assert.Single(root.Problems).Pointer);
    }

    // Each job of real root is somebody else outside; what they leave is neither root's nor theirs.
    [KernelFact(Needs.Root)]
    public async Task On_the_disk_of_real_root_it_belongs_to_nobody_who_runs()
    {
        await Volumes.CreateAsync("owned", Cancellation);
        var first = await RunStoredAsync(Shell("echo x > /v/file; cp /bin/true /v/program; chmod 4755 /v/program; stat -c %u /v/file", Mount.Volume("owned", "/v")));
        var second = await RunStoredAsync(Shell("echo y >> /v/file && stat -c %u /v /v/file", Mount.Volume("owned", "/v")));

        AssertPrinted("1000", first);
        AssertPrinted("1000\n1000", second);
        Assert.NotEqual(first.Isolation!.HostUid, second.Isolation!.HostUid);
        var owners = await CommandRun.StartAsync("find", "", Cancellation, Path.Combine(VolumesDirectory, "named/owned/data"), "-printf", "%U:%G\n");
        Assert.Equal("1879048191:1879048191", Assert.Single(owners.Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct()));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(VolumesDirectory));
    }

    [KernelFact]
    public async Task The_command_makes_lists_inspects_uses_and_removes_them()
    {
        var script = $$"""
            export SANDBOX_STORE={{StoreLocation}} SANDBOX_SERVER=none
            "$SANDBOX" volume create b a b && "$SANDBOX" volume ls | cut -d' ' -f1
            "$SANDBOX" run -v a:/v -- sh -c 'echo kept > /v/file' && "$SANDBOX" run -v a:/v:ro -- cat /v/file
            "$SANDBOX" run -v new:/v --mount type=volume,source=a,target=/a,readonly -- cp /a/file /v && "$SANDBOX" run -v new:/v -- cat /v/file
            "$SANDBOX" volume inspect a
            mkdir src && "$SANDBOX" run -v src:/v -- true; echo "status $?"
            "$SANDBOX" volume rm a nowhere; echo "status $?"
            "$SANDBOX" volume prune; "$SANDBOX" volume prune --force; "$SANDBOX" volume ls
            """;

        var run = await CommandRun.ShellInAsync(Directory, script, Cancellation);

        var inspected = run.Stdout[run.Stdout.IndexOf('{', StringComparison.Ordinal)..(run.Stdout.IndexOf('}', StringComparison.Ordinal) + 1)];
        var json = JsonDocument.Parse(inspected).RootElement;
        Assert.Equal(("a", 1, false, true), (json.GetProperty("name").GetString(), json.GetProperty("files").GetInt32(), json.GetProperty("inUse").GetBoolean(), json.GetProperty("whole").GetBoolean()));
        Assert.Equal("b\na\nb\na\nb\nkept\nkept\nstatus 125\nstatus 1\nb\nnew\nremoved b\nremoved new\n", run.Stdout.Replace(inspected + "\n", "", StringComparison.Ordinal));
        Assert.Contains("./src", run.Stderr, StringComparison.Ordinal);
        Assert.Contains("there is no volume nowhere", run.Stderr, StringComparison.Ordinal);
    }

    private static JobSpec Shell(string script, params Mount[] mounts) => Probe.Tool("sh", "-c", script) with { Mounts = mounts };

    void IDisposable.Dispose()
    {
        EndJobs();
        Dispose();
    }
}
