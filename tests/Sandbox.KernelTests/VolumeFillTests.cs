using System.Formats.Tar;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A volume without files gets what the image has where it is mounted, once and as a whole.</summary>
public sealed class VolumeFillTests : ImageTest, IDisposable
{
    private string VolumesDirectory => Path.Combine(StoreLocation, "volumes", "named");

    [KernelFact(tool: "busybox")]
    public async Task A_new_volume_has_what_the_image_has_there_and_keeps_its_changes()
    {
        Save();

        AssertPrinted("seed\nupper\n700 750 1755 644\nseed\nsame", await RunStoredAsync(Fill("""
            cat /data/seed /data/both; busybox stat -c %a /data /data/in /data/in/sticky /data/seed | busybox tr '\n' ' ' | busybox sed 's/ $//'; echo
            cat /data/link; test /data/seed -ef /data/other && echo same; test ! -e /data/gone || echo gone
            echo changed > /data/seed; busybox rm /data/both; echo new > /data/in/new
            """)));
        AssertPrinted("changed\nnew\nseed", await RunStoredAsync(Fill("cat /data/seed /data/in/new; test ! -e /data/both && busybox readlink /data/link")));
        AssertPrinted("seed\nupper", await RunStoredAsync(Shell(Archive, "cat /data/seed /data/both")));
    }

    [KernelFact(tool: "busybox")]
    public async Task It_can_be_filled_for_a_job_that_only_reads_it()
    {
        Save();
        var job = Shell(Archive, "cat /data/seed; echo x > /data/seed") with { Mounts = [new VolumeMount { Name = "v", Target = "/data", ReadOnly = true, Create = true }] };

        var result = await RunStoredAsync(job);

        Assert.Equal("seed\n", Out(result));
        Assert.Contains("Read-only file system", Err(result), StringComparison.Ordinal);
        AssertPrinted("seed", await RunStoredAsync(Shell(Archive, "cat /elsewhere/seed") with { Mounts = [Mount.Volume("v", "/elsewhere", readOnly: true)] }));
    }

    [KernelFact(tool: "busybox")]
    public async Task One_with_files_or_that_shall_stay_empty_is_left_as_it_is()
    {
        Save();
        await new VolumeStore(StoreLocation).CreateAsync("used", Cancellation);
        await File.WriteAllTextAsync(Path.Combine(VolumesDirectory, "used/data/own"), "own\n", Cancellation);
        if (Environment.IsPrivilegedProcess)
        {
            File.SetUnixFileMode(Path.Combine(VolumesDirectory, "used/data/own"), (UnixFileMode)0b110_100_100);
        }

        AssertPrinted("own", await RunStoredAsync(Fill("ls /data", "used")));
        AssertPrinted("", await RunStoredAsync(Shell(Archive, "ls -A /data") with { Mounts = [new VolumeMount { Name = "empty", Target = "/data", Create = true, Copy = false }] }));
        AssertPrinted("", await RunStoredAsync(Fill("ls -A /none", "elsewhere", "/none")));
    }

    [KernelFact(tool: "busybox")]
    public async Task One_that_another_job_has_is_not_filled_under_it()
    {
        Save();
        await using var first = await StoreRunner.StartAsync(
            Shell(Archive, "until test -e /v/word; do busybox sleep 0.05; done; ls -A /v") with { Mounts = [new VolumeMount { Name = "v", Target = "/v", Create = true }] }, Cancellation);

        AssertPrinted("", await RunStoredAsync(Fill("ls -A /data; echo > /data/word")));

        AssertPrinted("word", await first.WaitAsync(Cancellation));
    }

    [KernelFact(tool: "busybox")]
    public async Task Jobs_that_begin_with_it_at_once_all_have_it_whole()
    {
        Save();

        var results = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => RunStoredAsync(Fill("cat /data/seed /data/in/deep/file"))));

        Assert.All(results, result => AssertPrinted("seed\ndeep", result));
    }

    // What is planted in the image's directory is copied as a link, and one in the place of the directory is none.
    [KernelFact(tool: "busybox")]
    public async Task No_link_of_the_image_brings_anything_of_the_host_into_it()
    {
        await File.WriteAllTextAsync(Path.Combine(Directory, "secret"), "secret\n", Cancellation);
        Save(
            new PaxTarEntry(TarEntryType.SymbolicLink, "data/secret") { LinkName = Path.Combine(Directory, "secret") },
            new PaxTarEntry(TarEntryType.SymbolicLink, "data/up") { LinkName = "../../../../../../../.." + Directory },
            new PaxTarEntry(TarEntryType.SymbolicLink, "way") { LinkName = Directory },
            new PaxTarEntry(TarEntryType.SymbolicLink, "inner") { LinkName = "/data" });

        var planted = await RunStoredAsync(Fill("busybox readlink /data/secret; cat /data/secret; cat /data/up/secret"));
        var way = await RunStoredAsync(Fill("ls -A /way", "way", "/way"));
        var inner = await RunStoredAsync(Fill("ls /inner/in", "inner", "/inner/in"));

        Assert.Equal(Path.Combine(Directory, "secret") + "\n", Out(planted));
        Assert.DoesNotContain("secret", Out(way), StringComparison.Ordinal);
        AssertPrinted("deep\nsticky", inner);
        Assert.Empty(System.IO.Directory.GetFiles(VolumesDirectory, "secret", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }));
    }

    [KernelFact(tool: "busybox")]
    public async Task A_plan_fills_nothing()
    {
        Save();
        await new VolumeStore(StoreLocation).CreateAsync("v", Cancellation);

        _ = StoreRunner.DescribePlan(Fill("true"), Cancellation);

        Assert.Empty(System.IO.Directory.GetFileSystemEntries(Path.Combine(VolumesDirectory, "v/data")));
    }

    // Whose they are in the image no layer keeps; on the disk they are as what jobs of real root leave.
    [KernelFact(Needs.Root, tool: "busybox")]
    public async Task For_real_root_all_of_it_is_the_jobs_and_on_the_disk_nobodys_who_runs()
    {
        Save();

        AssertPrinted("0", await RunStoredAsync(Fill("busybox find /data ! -user $(busybox id -u) | busybox wc -l; echo x >> /data/seed; echo x >> /data/in/deep/file")));

        var owners = await CommandRun.StartAsync("find", "", Cancellation, Path.Combine(VolumesDirectory, "v"), "-mindepth", "1", "-printf", "%U:%G\n");
        Assert.Equal("1879048191:1879048191", Assert.Single(owners.Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct()));
    }

    [KernelFact(tool: "busybox")]
    public async Task The_options_are_those_of_docker()
    {
        Save();
        var script = $$"""
            export SANDBOX_STORE={{StoreLocation}} SANDBOX_SERVER=none
            run() { "$SANDBOX" run --image ./image.tar "$@"; }
            run -v ro:/data:ro cat /data/seed && run -v new:/data cat /data/seed
            run -v bare:/data:nocopy ls -A /data && run --mount type=volume,source=other,target=/data,volume-nocopy ls -A /data
            run -v ./x:/data:nocopy true; echo "status $?"
            run -v bad:/data:ro,nocopy true; echo "status $?"
            """;

        var run = await CommandRun.ShellInAsync(Directory, script, Cancellation);

        Assert.Equal("seed\nseed\nstatus 125\nstatus 125\n", run.Stdout);
        Assert.Contains("nocopy is for volumes", run.Stderr, StringComparison.Ordinal);
        Assert.Contains("there is no volume bad", run.Stderr, StringComparison.Ordinal);
    }

    private JobSpec Fill(string script, string name = "v", string target = "/data") =>
        Shell(Archive, script) with { Mounts = [new VolumeMount { Name = name, Target = target, Create = true }] };

    private void Save(params TarEntry[] more) => BusyboxImage.SaveWith(
        new { Env = (string[])["PATH=/bin"], Cmd = (string[])["sh"] },
        Archive,
        "box:1",
        BusyboxImage.Base(),
        BusyboxImage.Layer(
            new PaxTarEntry(TarEntryType.Directory, "data") { Mode = (UnixFileMode)0b111_000_000 },
            BusyboxImage.Text("data/seed", "seed\n"),
            BusyboxImage.Text("data/both", "lower\n"),
            BusyboxImage.Text("data/gone", "gone\n"),
            new PaxTarEntry(TarEntryType.HardLink, "data/other") { LinkName = "data/seed" },
            new PaxTarEntry(TarEntryType.SymbolicLink, "data/link") { LinkName = "seed" },
            new PaxTarEntry(TarEntryType.Directory, "data/in") { Mode = (UnixFileMode)0b111_101_000 },
            new PaxTarEntry(TarEntryType.Directory, "data/in/sticky") { Mode = (UnixFileMode)0b001_111_101_101 },
            BusyboxImage.Text("data/in/deep/file", "deep\n")),
        BusyboxImage.Layer([new PaxTarEntry(TarEntryType.Directory, "data") { Mode = (UnixFileMode)0b111_000_000 }, BusyboxImage.Text("data/both", "upper\n"), BusyboxImage.Text("data/.wh.gone", ""), .. more]));

    void IDisposable.Dispose()
    {
        EndJobs();
        Dispose();
    }
}
