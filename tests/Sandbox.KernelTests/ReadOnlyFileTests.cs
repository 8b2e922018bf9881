using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What was put in read-only cannot be changed, moved, removed or replaced, and two jobs do not meet at it.</summary>
public sealed class ReadOnlyFileTests : StoreTest, IDisposable
{
    /// <summary>Where the file is, and a directory of the same mount that may be written to.</summary>
    public static TheoryData<string, string> Places => new()
    {
        { "/work/file", "/work" },
        { "/work/a/b/file", "/work" },
        { "/dev/shm/a/file", "/dev/shm" },
        { "/tmp/file", "/tmp" },
        { "/tmpfs/a/file", "/tmpfs" },
        { "/overlay/a/file", "/overlay" },
        { "/overlay/known", "/overlay" },
        { "/writable/a/known", "/writable" },
        { "/nowhere/a/file", "/work" },
        { "/work/tmpfs/file", "/work" },
    };

    [KernelTheory]
    [MemberData(nameof(Places))]
    public async Task A_file_of_the_store_cannot_be_changed(string path, string directory) =>
        AssertPrinted("denied", await AttackAsync(new InjectedFile { Path = path, Content = Put("stored") }, directory));

    [KernelTheory]
    [MemberData(nameof(Places))]
    public async Task A_read_only_text_cannot_be_changed(string path, string directory)
    {
        var file = new InjectedFile { Path = path, Content = new InlineContent { Bytes = "text"u8.ToArray() }, ReadOnly = true, Mode = 0x1FF };

        AssertPrinted("denied", await AttackAsync(file, directory));
    }

    [KernelTheory]
    [MemberData(nameof(Places))]
    public async Task A_read_only_file_of_the_host_cannot_be_changed(string path, string directory)
    {
        var source = Path.Combine(Directory, "host-file");
        await File.WriteAllTextAsync(source, "host", Cancellation);
        File.SetUnixFileMode(source, (UnixFileMode)0b110_110_110);

        var result = await AttackAsync(new InjectedFile { Path = path, Content = new FileContent { Path = source }, ReadOnly = true }, directory);

        AssertPrinted("denied", result);
        Assert.Equal("host", await File.ReadAllTextAsync(source, Cancellation));
    }

    // What makes the tests above worth something: the same attacks succeed on a file that is the job's.
    [KernelFact]
    public async Task A_file_that_is_not_read_only_can_be_changed()
    {
        var result = await AttackAsync(new InjectedFile { Path = "/work/file", Content = new InlineContent { Bytes = "text"u8.ToArray() } }, "/work");

        AssertVerdict(Verdict.Ok, result);
        Assert.StartsWith("escaped", Out(result), StringComparison.Ordinal);
    }

    // Without a pin the directory can be renamed, and another put in its place: a mount, unlike a file, has none.
    [KernelFact]
    public async Task A_directory_above_a_mere_mount_can_be_moved()
    {
        var mount = new StoredMount { Sha256 = Put("stored").Sha256, Target = "/work/a/file" };

        var result = await RunStoredAsync(Probe.Job("change_file", "/work/a/file", "/work") with { Mounts = [Probe.Mount, mount] });

        AssertVerdict(Verdict.Ok, result);
        Assert.StartsWith("escaped: rename of a directory above", Out(result), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task Stdin_from_the_store_cannot_be_reopened_for_writing()
    {
        var content = Put(new byte[2 << 20]);

        var result = await RunStoredAsync(Probe.Job("reopen_stdio") with { Stdin = new ContentStdin { Content = content } });

        AssertPrinted("denied", result);
        Assert.Equal(2 << 20, new FileInfo(ObjectOf(content)).Length);
    }

    [KernelFact]
    public async Task A_lock_on_a_file_of_the_store_is_not_felt_by_another_job()
    {
        var file = new InjectedFile { Path = "/work/file", Content = Put("stored") };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var mark = $"mark-{Guid.NewGuid():N}";
        var holding = StoreRunner.RunAsync(With(Probe.Tool("flock", "-x", "/work/file", "/probes/sleep_forever", mark), file), stop.Token);
        while (HostProcesses.WithArgument(mark).Count == 0)
        {
            await Task.Delay(5, Cancellation);
        }

        var result = await RunStoredAsync(With(Probe.Job("meet", "lock", "find", "/work/file"), file));
        var wasThere = !holding.IsCompleted;
        await stop.CancelAsync();
        await holding;

        Assert.True(wasThere, "the first job ended before the second had looked");
        Assert.True(result.Isolation!.OwnInodes);
        AssertDenied(result);
    }

    // A link out of the directory that is shown leads to the host's own inode, and the result must not say otherwise.
    [KernelTheory]
    [InlineData("near")]
    [InlineData("../host-file")]
    [InlineData("/host-file")]
    public async Task A_read_only_file_behind_a_link_is_the_one_it_leads_to_and_locks_are_told(string target)
    {
        var source = Path.Combine(Directory, "host-file");
        var links = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "links")).FullName;
        await File.WriteAllTextAsync(source, "host", Cancellation);
        await File.WriteAllTextAsync(Path.Combine(links, "near"), "host", Cancellation);
        File.CreateSymbolicLink(Path.Combine(links, "link"), target.StartsWith('/') ? source : target);
        using var locked = new FileStream(Path.Combine(links, "link"), FileMode.Open, FileAccess.Read, FileShare.None);
        var file = new InjectedFile { Path = "/work/file", Content = new FileContent { Path = Path.Combine(links, "link") }, ReadOnly = true };

        var read = await RunStoredAsync(With(Probe.Job("open_file", "/work/file"), file));
        var met = await RunStoredAsync(With(Probe.Job("meet", "lock", "find", "/work/file"), file));

        AssertPrinted("escaped: read /work/file: host", read);
        Assert.Equal(met.Isolation!.OwnInodes, Out(met).StartsWith("denied", StringComparison.Ordinal));
        Assert.Equal(target == "near", met.Isolation.OwnInodes);
    }

    [KernelFact]
    public async Task A_lock_of_the_host_on_a_read_only_file_of_it_is_not_felt()
    {
        var source = Path.Combine(Directory, "host-file");
        await File.WriteAllTextAsync(source, "host", Cancellation);
        using var locked = new FileStream(source, FileMode.Open, FileAccess.Read, FileShare.None);
        var file = new InjectedFile { Path = "/work/file", Content = new FileContent { Path = source }, ReadOnly = true };

        var result = await RunStoredAsync(With(Probe.Job("meet", "lock", "find", "/work/file"), file));

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal(result.Isolation!.OwnInodes, Out(result).StartsWith("denied", StringComparison.Ordinal));
    }

    void IDisposable.Dispose()
    {
        EndJobs();
        Dispose();
    }

    private Task<JobResult> AttackAsync(InjectedFile file, string directory)
    {
        var lower = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "lower")).FullName;
        File.WriteAllText(Path.Combine(lower, "known"), "known");
        var writable = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "writable/a")).FullName;
        File.WriteAllText(Path.Combine(writable, "known"), "known");
        File.SetUnixFileMode(Path.Combine(Directory, "writable"), (UnixFileMode)0b111_111_111);
        File.SetUnixFileMode(writable, (UnixFileMode)0b111_111_111);
        return RunStoredAsync(With(Probe.Job("change_file", file.Path, directory), file) with
        {
            Mounts =
            [
                Probe.Mount,
                new TmpfsMount { Target = "/tmpfs", SizeBytes = 1 << 20 },
                new TmpfsMount { Target = "/work/tmpfs", SizeBytes = 1 << 20 },
                new OverlayMount { Source = lower, Target = "/overlay" },
                new BindMount { Source = Path.Combine(Directory, "writable"), Target = "/writable", Writable = true },
            ],
        });
    }
}
