using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A volume that an image names can be written to, holds what the image has there, and is new for each job.</summary>
public sealed class ImageVolumeTests : ImageTest, IDisposable
{
    private const string Change = "cat /data/seed; echo x > /data/new && mkdir /data/d && mv /data/d /data/e && rm /data/seed && ls /data | tr '\\n' ' '";

    [KernelFact(tool: "busybox")]
    public async Task It_has_what_the_image_has_there_and_starts_anew_with_each_job()
    {
        Save("/data", "/missing/deep");

        foreach (var _ in new[] { 1, 2 })
        {
            AssertPrinted("seed\ne new ", await RunStoredAsync(Shell(Archive, Change)));
        }

        AssertPrinted("made", await RunStoredAsync(Shell(Archive, "echo made > /missing/deep/file && cat /missing/deep/file")));
    }

    [KernelFact(tool: "busybox")]
    public async Task The_rest_of_the_root_stays_read_only()
    {
        Save("/data");

        var written = await RunStoredAsync(Shell(Archive, "echo x > /beside; echo x > /data2/x; echo x > /data/../data2/y; echo x > /data/x"));
        var moved = await RunStoredAsync(Shell(Archive, "busybox rm -r /data/seed; busybox mv /data /moved; busybox rmdir /data; ls -d /data /data2; ls /data"));

        Assert.Equal(3, Err(written).Split("Read-only file system").Length - 1);
        AssertPrinted("/data\n/data2", moved);
    }

    [KernelFact(tool: "busybox")]
    public async Task What_is_written_there_counts_as_disk()
    {
        Save("/data");
        var job = Shell(Archive, "busybox head -c 8388608 /dev/zero > /data/file; busybox stat -c %s /data/file");

        var result = await RunStoredAsync(job with { Limits = job.Limits with { DiskBytes = 2 << 20 } });

        Assert.True(result.Verdict != Verdict.Ok || int.Parse(Out(result), null) <= 2 << 20, Describe(result));
    }

    [KernelFact(tool: "busybox")]
    public async Task A_mount_there_takes_its_place()
    {
        Save("/data", "/other");
        await new VolumeStore(StoreLocation).CreateAsync("mine", Cancellation);

        AssertPrinted("seed", await RunStoredAsync(Shell(Archive, "ls /data; echo kept > /data/file") with { Mounts = [Mount.Volume("mine", "/data")] }));
        AssertPrinted("kept", await RunStoredAsync(Shell(Archive, "cat /data/file") with { Mounts = [Mount.Volume("mine", "/data", readOnly: true)] }));
        AssertPrinted("", await RunStoredAsync(Shell(Archive, "ls /data; echo x > /data/sub") with { Mounts = [Mount.Tmpfs("/data")] }));
    }

    [KernelFact(tool: "busybox")]
    public async Task A_file_that_the_job_may_not_change_stays_in_it()
    {
        Save("/data");
        var job = Shell(Archive, "busybox mv /data/in /data/else; echo x > /data/in/fixed; cat /data/in/fixed; echo y > /data/in/free && cat /data/in/free");

        var result = await RunStoredAsync(job with
        {
            Files = [new InjectedFile { Path = "/data/in/fixed", Content = new InlineContent { Bytes = "fixed\n"u8.ToArray() }, ReadOnly = true }],
        });

        AssertPrinted("fixed\ny", result);
    }

    [KernelFact(tool: "busybox")]
    public async Task A_link_of_the_image_is_followed_inside_of_it_and_the_jobs_own_places_stay()
    {
        Save("/link/inner", "/work", "/tmp/x", "/dev/shm", "/proc", "/", "data/../data");

        AssertPrinted("ok", await RunStoredAsync(Shell(Archive, "echo ok > /data/inner/file && cat /link/inner/file")));
    }

    [KernelFact(tool: "busybox")]
    public async Task A_file_of_the_image_gives_way_to_it_as_to_any_mount()
    {
        Save("/data/seed");

        AssertPrinted("in", await RunStoredAsync(Shell(Archive, "echo x > /data/seed/in && ls /data/seed")));
        AssertPrinted("seed", await RunStoredAsync(Writable(Shell(Archive, "cat /data/seed"))));
    }

    private void Save(params string[] volumes) => BusyboxImage.SaveWith(
        new { Env = (string[])["PATH=/bin"], Cmd = (string[])["sh"], Volumes = volumes.ToDictionary(static path => path, static _ => new object()) },
        Archive,
        "box:1",
        BusyboxImage.Base(),
        BusyboxImage.Layer(
            BusyboxImage.Text("data/seed", "seed\n"),
            BusyboxImage.Text("data2/seed", "seed\n"),
            new System.Formats.Tar.PaxTarEntry(System.Formats.Tar.TarEntryType.SymbolicLink, "link") { LinkName = "/data" }));

    void IDisposable.Dispose()
    {
        EndJobs();
        Dispose();
    }
}
