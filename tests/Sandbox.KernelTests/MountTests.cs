using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What is mounted shows what it should, takes what it should, and is placed where it was asked for.</summary>
public sealed class MountTests : KernelTest
{
    [KernelFact]
    public async Task A_bind_is_read_only_unless_asked_otherwise()
    {
        var job = Probe.Job("write_mount", "/data") with { Mounts = [Probe.Mount, Bind("/data")] };

        var result = await RunAsync(job);

        AssertPrinted("denied EROFS", result);
        Assert.Empty(System.IO.Directory.EnumerateFileSystemEntries(Directory));
    }

    [KernelFact(Needs.SharedMemoryMount)]
    public async Task A_submount_of_a_read_only_bind_is_read_only_too()
    {
        var job = Probe.Job("write_mount", "/hostdev/shm") with
        {
            Mounts = [Probe.Mount, new BindMount { Source = "/dev", Target = "/hostdev" }],
        };

        var result = await RunAsync(job);

        AssertPrinted("denied EROFS", result);
        Assert.False(File.Exists("/dev/shm/written-by-the-job"));
    }

    [KernelTheory]
    [InlineData("/usr")]
    [InlineData("/etc")]
    [InlineData("/")]
    [InlineData("/probes")]
    [InlineData("/proc")]
    [InlineData("/dev")]
    public async Task Nothing_of_the_root_can_be_written(string directory)
    {
        var result = await RunAsync(Probe.Tool("/probes/write_mount", directory));

        AssertDenied(result);
    }

    [KernelTheory]
    [InlineData("/work")]
    [InlineData("/tmp")]
    [InlineData("/dev/shm")]
    public async Task The_writable_directories_can_be_written(string directory)
    {
        var result = await RunAsync(Probe.Job("write_output", directory + "/file", "text"));

        AssertPrinted("written", result);
    }

    [KernelFact]
    public async Task A_writable_bind_takes_what_the_job_writes()
    {
        var job = Probe.Job("write_output", "/data/file", "from inside") with
        {
            Mounts = [Probe.Mount, Bind("/data") with { Writable = true }],
        };

        var result = await RunAsync(job);

        AssertPrinted("written", result);
        Assert.Equal("from inside", await File.ReadAllTextAsync(Path.Combine(Directory, "file"), Cancellation));
    }

    [KernelFact]
    public async Task A_mount_target_behind_the_jobs_own_link_is_not_followed()
    {
        var victim = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "victim")).FullName;
        var shared = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "shared")).FullName;
        File.CreateSymbolicLink(Path.Combine(shared, "link"), victim);
        var job = Probe.Job("say", "started") with
        {
            Mounts =
            [
                Probe.Mount,
                new BindMount { Source = shared, Target = "/shared", Writable = true },
                new TmpfsMount { Target = "/shared/link/below", SizeBytes = 1 << 20 },
            ],
        };

        var verdict = await VerdictOrRefusalAsync(job);

        Assert.NotEqual(Verdict.Ok, verdict);
        Assert.Empty(System.IO.Directory.EnumerateFileSystemEntries(victim));
    }

    [KernelFact]
    public async Task An_absolute_link_in_a_target_is_not_followed_to_the_host()
    {
        var shared = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "shared")).FullName;
        File.CreateSymbolicLink(Path.Combine(shared, "link"), "/etc");
        var job = Probe.Job("say", "started") with
        {
            Mounts =
            [
                Probe.Mount,
                new BindMount { Source = shared, Target = "/shared", Writable = true },
                new BindMount { Source = Directory, Target = "/shared/link/planted" },
            ],
        };

        await VerdictOrRefusalAsync(job);

        Assert.False(Path.Exists("/etc/planted"));
    }

    [KernelFact]
    public async Task A_tmpfs_has_the_size_that_was_asked_for()
    {
        var job = Probe.Job("eat_tmpfs", "/scratch", $"{64 << 20}") with
        {
            Mounts = [Probe.Mount, new TmpfsMount { Target = "/scratch", SizeBytes = 8 << 20 }],
        };

        var result = await RunAsync(job);

        AssertPrinted("after 8 MiB: denied ENOSPC", result);
    }

    [KernelFact]
    public async Task A_tmpfs_has_the_inodes_that_were_asked_for()
    {
        var job = Probe.Job("eat_inodes", "/scratch", "1000") with
        {
            Mounts = [Probe.Mount, new TmpfsMount { Target = "/scratch", SizeBytes = 8 << 20, Inodes = 100 }],
        };

        AssertPrinted("denied ENOSPC", await RunAsync(job));
    }

    [KernelFact]
    public async Task Nothing_can_be_executed_on_a_noexec_mount()
    {
        var job = Probe.Job("say") with { Command = ["/code/say"], Mounts = [new BindMount { Source = Probe.Directory, Target = "/code", NoExec = true }] };

        AssertVerdict(Verdict.ExecFailed, await RunAsync(job));
    }

    // Started by real root every job has another id, to which what the last one left is a stranger's.
    [KernelFact(Needs.Unprivileged)]
    public async Task A_chosen_upper_side_keeps_changes_for_the_next_job()
    {
        var source = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "source")).FullName;
        var upper = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "changes")).FullName;
        await File.WriteAllTextAsync(Path.Combine(source, "gone"), "kept", Cancellation);
        var overlay = new OverlayMount { Source = source, Target = "/src", Upper = upper };
        var job = Probe.Tool("/bin/sh", "-c", "cat /src/made 2>/dev/null; ls /src/gone 2>/dev/null; rm -f /src/gone; echo text >/src/made") with { Mounts = [overlay] };

        AssertPrinted("/src/gone", await RunAsync(job));
        AssertPrinted("text", await RunAsync(job));
        Assert.Equal(["gone"], System.IO.Directory.EnumerateFileSystemEntries(source).Select(Path.GetFileName));
        Assert.True(File.Exists(Path.Combine(upper, "upper/made")));
    }

    [KernelFact(Needs.Unprivileged)]
    public async Task One_upper_side_serves_one_job_at_a_time()
    {
        var source = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "source")).FullName;
        var overlay = new OverlayMount { Source = source, Target = "/src", Upper = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "changes")).FullName };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var started = Path.Combine(Directory, "started");
        var first = Runner.RunAsync(
            Probe.Tool("/bin/sh", "-c", "touch /out/started; exec sleep 1000") with
            {
                Mounts = [overlay, new BindMount { Source = Directory, Target = "/out", Writable = true }],
            },
            stop.Token);
        while (!File.Exists(started))
        {
            await Task.Delay(10, Cancellation);
        }

        var second = await RunAsync(Probe.Tool("/bin/true") with { Mounts = [overlay] });

        await stop.CancelAsync();
        AssertVerdict(Verdict.Cancelled, await first);
        AssertVerdict(Verdict.SetupError, second);
        Assert.Equal("EBUSY", second.Error!.Errno);
        AssertVerdict(Verdict.Ok, await RunAsync(Probe.Tool("/bin/true") with { Mounts = [overlay] }));
    }

    [KernelFact]
    public async Task A_link_in_place_of_an_upper_side_is_not_followed()
    {
        var victim = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "victim")).FullName;
        var upper = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "changes")).FullName;
        File.SetUnixFileMode(upper, (UnixFileMode)0b111_111_111);
        File.CreateSymbolicLink(Path.Combine(upper, "upper"), victim);
        var job = Probe.Tool("/bin/touch", "/src/planted") with { Mounts = [new OverlayMount { Source = Directory, Target = "/src", Upper = upper }] };

        AssertVerdict(Verdict.SetupError, await RunAsync(job));
        Assert.Empty(System.IO.Directory.EnumerateFileSystemEntries(victim));
    }

    [KernelFact]
    public async Task An_overlay_takes_new_files_and_its_source_none()
    {
        var job = Probe.Job("write_output", "/src/new", "text") with
        {
            Mounts = [Probe.Mount, new OverlayMount { Source = Directory, Target = "/src" }],
        };

        var result = await RunAsync(job);

        AssertPrinted("written", result);
        Assert.Empty(System.IO.Directory.EnumerateFileSystemEntries(Directory));
    }

    // Started by root, the files of others cannot be copied up: their owners do not exist in the job (EOVERFLOW).
    [KernelFact(Needs.Unprivileged)]
    public async Task An_overlay_never_changes_its_source()
    {
        await File.WriteAllTextAsync(Path.Combine(Directory, "file"), "original", Cancellation);
        var job = Probe.Job("write_output", "/src/file", "changed") with
        {
            Mounts = [Probe.Mount, new OverlayMount { Source = Directory, Target = "/src" }],
        };

        var result = await RunAsync(job);

        AssertPrinted("written", result);
        Assert.Equal("original", await File.ReadAllTextAsync(Path.Combine(Directory, "file"), Cancellation));
    }

    [KernelFact]
    public async Task A_symlink_mount_is_a_link()
    {
        var job = Probe.Job("say") with { Command = ["/alias/say", "linked"], Mounts = [Probe.Mount, new SymlinkMount { Source = "probes", Target = "/alias" }] };

        AssertPrinted("linked", await RunAsync(job));
    }

    [KernelFact]
    public async Task An_optional_mount_that_is_absent_is_skipped_and_reported()
    {
        var absent = new BindMount { Source = Path.Combine(Directory, "absent"), Target = "/maybe", Optional = true };

        var result = await RunAsync(Probe.Job("list", "/maybe") with { Mounts = [Probe.Mount, absent] });

        AssertPrinted("denied ENOENT", result);
        Assert.Single(result.SkippedMounts);
    }

    [KernelFact]
    public async Task No_mount_honours_set_user_id_bits_or_devices()
    {
        var result = await RunAsync(Probe.Tool("/probes/look", " ", "/proc/self/mountinfo"));

        AssertVerdict(Verdict.Ok, result);
        Assert.All(Out(result).Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Contains("nosuid", line, StringComparison.Ordinal));
    }

    [KernelFact]
    public async Task A_directory_can_be_the_root()
    {
        System.IO.Directory.CreateDirectory(Path.Combine(Directory, "bin"));
        File.Copy(Path.Combine(Probe.Directory, "say"), Path.Combine(Directory, "bin/say"));
        var job = Probe.Job("say") with { Command = ["/bin/say", "own root"], Rootfs = new DirectoryRootfs { Path = Directory }, Mounts = [] };

        var result = await RunAsync(job);

        AssertPrinted("own root", result);
        Assert.Equal(["bin"], System.IO.Directory.EnumerateFileSystemEntries(Directory).Select(Path.GetFileName));
    }

    [KernelFact]
    public async Task A_root_replaced_between_two_jobs_is_the_new_one_to_the_second()
    {
        var root = Path.Combine(Directory, "root");
        var job = Probe.Job("list") with { Command = ["/bin/list", "/bin"], Rootfs = new DirectoryRootfs { Path = root }, Mounts = [] };

        // Several, because what is prepared for the next job may be late for one of them.
        for (var round = 0; round < 20; round++)
        {
            System.IO.Directory.CreateDirectory(Path.Combine(root, "bin"));
            File.Copy(Path.Combine(Probe.Directory, "list"), Path.Combine(root, "bin/list"));
            await File.WriteAllTextAsync(Path.Combine(root, $"bin/mark{round}"), "", Cancellation);

            var result = await RunAsync(job);

            AssertPrinted($"list\nmark{round}", result);
            System.IO.Directory.Move(root, Path.Combine(Directory, $"old{round}"));
        }
    }

    [KernelFact]
    public async Task A_mount_point_missing_in_the_root_is_not_made_in_the_users_directory()
    {
        System.IO.Directory.CreateDirectory(Path.Combine(Directory, "usr"));
        var job = Probe.Job("list", "/usr/data") with
        {
            Rootfs = new DirectoryRootfs { Path = Directory },
            Mounts = [Probe.Mount, new BindMount { Source = Probe.Directory, Target = "/usr/data" }],
        };

        var result = await RunAsync(job);

        AssertVerdict(Verdict.Ok, result);
        Assert.Contains("say\n", Out(result), StringComparison.Ordinal);
        Assert.Empty(System.IO.Directory.EnumerateFileSystemEntries(Path.Combine(Directory, "usr")));
    }

    private BindMount Bind(string target) => new() { Source = Directory, Target = target };

    private async Task<Verdict> VerdictOrRefusalAsync(JobSpec job)
    {
        try
        {
            return (await RunAsync(job)).Verdict;
        }
        catch (Exception refusal) when (refusal is SandboxException or InvalidJobException)
        {
            return Verdict.SetupError;
        }
    }
}
