using System.Formats.Tar;
using System.Security.Cryptography;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A job in an image sees what the image means, and the store never changes by it.</summary>
public sealed class ImageJobTests : ImageTest
{
    [KernelFact(tool: "busybox")]
    public async Task A_job_runs_in_an_image_by_path_by_name_and_by_digest()
    {
        var digest = BusyboxImage.Save(Archive, "box:1", BusyboxImage.Base());

        var path = await RunStoredAsync(Job(Archive, "cat", "/etc/gone"));
        File.Delete(Archive);

        AssertPrinted("shall not be seen", path);
        foreach (var reference in (string[])["box:1", digest, digest[7..19]])
        {
            AssertPrinted("shall not be seen", await RunStoredAsync(Job(reference, "cat", "/etc/gone")));
        }
    }

    [KernelFact(tool: "busybox")]
    public async Task Several_layers_look_as_the_image_means_them()
    {
        BusyboxImage.Save(Archive, "box:1", BusyboxImage.Base(), Second(), Third());

        var result = await RunStoredAsync(Shell(Archive, "cd /; echo etc/gone* etc/both* opt/* opt/.[!.]* srv/* srv/sub/* was/* turned; cat etc/both etc/gone turned"));

        AssertPrinted("etc/gone etc/both opt/new opt/.[!.]* srv/b srv/sub srv/sub/new was/* turned\n3\nback\na file now", result);
    }

    [KernelFact(tool: "busybox")]
    public async Task A_writable_root_takes_changes_and_the_store_keeps_none()
    {
        BusyboxImage.Save(Archive, "box:1", BusyboxImage.Base(), Second());
        var look = Shell(Archive, "cd /; echo *; cat opt/new etc/both");
        var first = await RunStoredAsync(look);
        var before = Tree(LayersDirectory);

        var changing = await RunStoredAsync(Writable(Shell(
            Archive,
            """
            cd / && echo x >> etc/both && busybox rm -r opt && busybox mkdir opt && echo mine > opt/new && echo x > new && busybox touch bin/busybox &&
            busybox chmod 700 bin && busybox mv srv moved && busybox ln bin/busybox bin/more && busybox rm bin/cat && echo * && busybox cat opt/new etc/both
            """)));
        var last = await RunStoredAsync(look);

        AssertVerdict(Verdict.Ok, first);
        AssertPrinted("bin dev etc moved new opt proc tmp turned was work\nmine\n2\nx", changing);
        Assert.Equal(Out(first), Out(last));
        Assert.Equal(before, Tree(LayersDirectory));
    }

    [KernelFact(tool: "busybox")]
    public async Task Without_writable_nothing_of_the_image_can_be_written()
    {
        BusyboxImage.Save(Archive, "box:1", BusyboxImage.Base());
        var job = Shell(
            Archive,
            """
            for file in /new /etc/gone /etc/new /etc/hosts /bin/busybox /opt/old; do (echo x >> $file) 2>/dev/null && echo wrote $file; done
            busybox chmod 777 /etc 2>/dev/null && echo changed; busybox rm /etc/gone 2>/dev/null && echo removed; busybox mkdir /opt/new 2>/dev/null && echo made
            for directory in /work /tmp /dev/shm; do echo x > $directory/fine && echo $directory; done
            """);

        AssertPrinted("/work\n/tmp\n/dev/shm", await RunStoredAsync(job));
        AssertPrinted("/work\n/tmp\n/dev/shm", await RunStoredAsync(job with { User = new JobUser { Uid = 0, Gid = 0 } }));
    }

    [KernelFact(tool: "busybox")]
    public async Task Files_of_the_image_belong_to_the_job()
    {
        BusyboxImage.Save(Archive, "box:1", BusyboxImage.Base());
        var job = Writable(Shell(
            Archive,
            """
            busybox stat -c %u:%g / /etc /etc/gone /bin/sh | busybox uniq
            busybox touch /etc/gone && busybox chmod 600 /bin/busybox && echo more >> /etc/gone && echo done
            """));

        AssertPrinted("1000:1000\ndone", await RunStoredAsync(job));
        AssertPrinted("0:0\ndone", await RunStoredAsync(job with { User = new JobUser { Uid = 0, Gid = 0 } }));
    }

    [KernelFact(tool: "busybox")]
    public async Task A_job_that_leaves_its_root_alone_has_no_changes()
    {
        BusyboxImage.Save(Archive, "box:1", BusyboxImage.Base());

        var result = await RunStoredAsync(Writable(Shell(Archive, "echo x > /work/x")) with { Diff = new DiffSpec() });

        AssertVerdict(Verdict.Ok, result);
        Assert.Empty(result.Diff!.Entries);
    }

    [KernelFact(tool: "busybox")]
    public async Task An_image_in_use_cannot_be_removed()
    {
        BusyboxImage.Save(Archive, "box:1", BusyboxImage.Base());
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var shared = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "shared")).FullName;
        File.SetUnixFileMode(shared, (UnixFileMode)0x1ff); // a job of root has another uid
        var running = StoreRunner.RunAsync(
            Shell(Archive, "echo > /shared/started; busybox sleep 1000") with
            {
                Mounts = [new BindMount { Source = shared, Target = "/shared", Writable = true }],
            },
            end.Token);
        while (!File.Exists(Path.Combine(shared, "started")) && !running.IsCompleted)
        {
            await Task.Delay(5, Cancellation);
        }

        var refused = Assert.Throws<SandboxException>(() => Images.Remove("box:1"));
        var collected = Images.Collect();
        await end.CancelAsync();
        AssertVerdict(Verdict.Cancelled, await running);
        EndJobs();

        Assert.Contains("in use by a job", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, collected.Layers);
        Assert.Equal(["box:1"], Images.Remove("box:1").Names);
        Assert.Equal(1, Images.Collect().Layers);
        Assert.Empty(System.IO.Directory.GetFileSystemEntries(LayersDirectory));
    }

    [KernelTheory]
    [InlineData("nothing:1", null)]
    [InlineData("/nowhere/image.tar", "ENOENT")]
    public async Task A_missing_image_is_a_setup_error_of_its_member(string reference, string? errno)
    {
        var result = await RunStoredAsync(Job(reference, "sh"));

        AssertVerdict(Verdict.SetupError, result);
        Assert.Equal(("/rootfs/image", errno), (result.Error!.Pointer, result.Error.Errno));
        Assert.Contains(reference, result.Error.Message + result.Error.Path, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_hostile_image_is_an_invalid_job()
    {
        BusyboxImage.Save(Archive, "evil:1", BusyboxImage.Layer(
            new PaxTarEntry(TarEntryType.SymbolicLink, "etc") { LinkName = "/etc" }, BusyboxImage.Text("etc/passwd", "x")));
        var job = Path.Combine(Directory, "job.json");
        await File.WriteAllTextAsync(job, """{ "command": ["sh"], "rootfs": { "image": "./image.tar" } }""", Cancellation);

        var refused = await Assert.ThrowsAsync<InvalidJobException>(() => RunStoredAsync(Job(Archive, "sh")));
        var run = await CommandRun.ShellAsync($"SANDBOX_STORE={StoreLocation} \"$SANDBOX\" exec $JOB", job, Cancellation);

        Assert.Equal("/rootfs/image", Assert.Single(refused.Problems).Pointer);
        Assert.Equal((2, "invalid-job"), (run.ExitStatus, run.Verdict));
        Assert.Contains("job.json:1:43: /rootfs/image: ", run.Stderr, StringComparison.Ordinal);
        Assert.Contains("entry etc/passwd lies below etc", run.Stderr, StringComparison.Ordinal);
        Assert.Empty(System.IO.Directory.GetFileSystemEntries(LayersDirectory));
    }

    [KernelFact(tool: "busybox")]
    public async Task Twenty_jobs_at_once_in_a_fresh_image_import_it_once()
    {
        BusyboxImage.Save(Archive, "box:1", BusyboxImage.Base());

        var results = await Task.WhenAll(Enumerable.Range(0, 20)
            .Select(_ => RunStoredAsync(Shell(Archive, "busybox stat -c %i /etc/gone"))));

        // A second unpacking would have made files of other numbers.
        Assert.All(results, result => AssertVerdict(Verdict.Ok, result));
        Assert.Single(results.Select(Out).Distinct());
        Assert.Single(System.IO.Directory.GetFileSystemEntries(LayersDirectory));
        Assert.Empty(System.IO.Directory.GetFileSystemEntries(Path.Combine(StoreLocation, "images", "passing")));
    }

    private static byte[] Second() => BusyboxImage.Layer(
        BusyboxImage.Text("etc/.wh.gone", ""),
        BusyboxImage.Text("etc/both", "2\n"),
        BusyboxImage.Text("opt/.wh..wh..opq", ""),
        BusyboxImage.Text("opt/new", "new\n"),
        BusyboxImage.Text("srv/a", ""),
        BusyboxImage.Text("srv/b", ""),
        BusyboxImage.Text("srv/sub/old", ""),
        BusyboxImage.Text("was/here", ""),
        BusyboxImage.Text("turned/in", ""));

    // What a layer took away comes back, a file of a directory goes alone, and a directory becomes a file.
    private static byte[] Third() => BusyboxImage.Layer(
        BusyboxImage.Text("etc/gone", "back\n"),
        BusyboxImage.Text("etc/both", "3\n"),
        BusyboxImage.Text("srv/.wh.a", ""),
        BusyboxImage.Text("srv/sub/.wh..wh..opq", ""),
        BusyboxImage.Text("srv/sub/new", ""),
        BusyboxImage.Text("was/.wh.here", ""),
        BusyboxImage.Text("turned", "a file now\n"));

    // Everything below, with all that a job could have changed of it.
    private static IReadOnlyList<string> Tree(string directory) =>
    [
        .. new DirectoryInfo(directory).EnumerateFileSystemInfos("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None })
            .Select(entry => $"{entry.FullName} {entry.UnixFileMode} {entry.LinkTarget} {entry.LastWriteTimeUtc:O} {Hash(entry)}")
            .Order(StringComparer.Ordinal),
    ];

    private static string Hash(FileSystemInfo entry) =>
        entry is FileInfo { LinkTarget: null, Length: > 0 } file ? Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file.FullName))) : "";
}
