using System.Formats.Tar;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Images that other programs run are run: layers that repeat, users, links in the place of directories, roots without a config.</summary>
public sealed class ImageVarietyTests : ImageTest
{
    private const string Look = "cd /; for name in a b c d/*; do [ -e $name ] && echo $name $(cat $name); done; [ -d d ] && echo d";

    private static readonly byte[] s_empty = new byte[1024];

    [KernelTheory(tool: "busybox")]
    [InlineData("AeBe", "a 1\nb 1\nd")]
    [InlineData("AA", "a 1\nd")]
    [InlineData("AWA", "a 1\nd")]
    [InlineData("AWAW", "")]
    [InlineData("CDCD", "c 1\nd")]
    [InlineData("DCDC", "c 1\nd/x 1\nd")]
    [InlineData("ABAB0", "a 1\nb 1\nd")]
    [InlineData("eeee", "")]
    public async Task Equal_layers_show_what_they_show_one_by_one(string order, string expected)
    {
        byte[][] layers = [BusyboxImage.Base(), .. order.Select(Layer)];
        BusyboxImage.Save(Archive, "box:1", layers);

        foreach (var job in (JobSpec[])[Shell(Archive, Look), Writable(Shell(Archive, Look + "; echo x > /a"))])
        {
            var result = await RunStoredAsync(job);

            Assert.Equal(expected, Out(result).TrimEnd('\n'));
            Assert.Equal("", Err(result));
        }
    }

    [KernelTheory(tool: "busybox")]
    [InlineData("nobody", "65534:65534 nobody")]
    [InlineData("65534:65534", "65534:65534 nobody")]
    [InlineData("0:65534", "0:65534 root")]
    [InlineData("app:65534", "1000:65534 app")]
    public async Task Nobody_is_a_user_like_others(string user, string expected)
    {
        const string Script = """
            echo $(busybox id -u):$(busybox id -g) $(busybox whoami); echo mine > /work/file; busybox stat -c %u:%g /work/file
            busybox chmod 600 /work/file && busybox cat /work/file
            """;
        SaveFor(user, BusyboxImage.Text("etc/passwd", "root:x:0:0::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"));

        var result = await RunStoredAsync(Shell(Archive, Script));

        AssertPrinted($"{expected}\n{expected.Split(' ')[0]}\nmine", result);
    }

    // What belongs to nobody inside is shown as 65534 too; the kernel compares its own ids, not what it shows.
    [KernelFact]
    public async Task A_job_that_is_nobody_owns_no_file_of_the_host()
    {
        var secret = Path.Combine(Directory, "secret");
        await File.WriteAllTextAsync(secret, "secret", Cancellation);
        File.SetUnixFileMode(secret, 0);
        var job = Probe.Tool("sh", "-c", "id -u; id -un; chmod 777 /usr/bin/env /data/secret 2>/dev/null && echo changed; cat /data/secret 2>/dev/null; touch /usr/x 2>/dev/null && echo made") with
        {
            User = new JobUser { Uid = 65534, Gid = 65534 },
            Mounts = [new BindMount { Source = Directory, Target = "/data" }],
        };

        var result = await RunAsync(job);

        Assert.Equal("65534\nnobody\n", Out(result));
    }

    [KernelTheory(tool: "busybox")]
    [InlineData("tmp", "/var/tmp")]
    [InlineData("tmp", "/nowhere")]
    [InlineData("tmp", "tmp")]
    [InlineData("work", "../../../../data")]
    [InlineData("dev", "/var/tmp")]
    [InlineData("proc", "/dev")]
    public async Task A_link_in_the_place_of_a_directory_of_the_job_is_replaced(string name, string target)
    {
        BusyboxImage.Save(Archive, "box:1", BusyboxImage.Base(), BusyboxImage.Layer(
            new PaxTarEntry(TarEntryType.Directory, "var/tmp"), new PaxTarEntry(TarEntryType.SymbolicLink, name) { LinkName = target }));
        var job = Shell(Archive, """
            echo x > /tmp/file; echo y > /work/file; echo z > /dev/shm/file; echo > /dev/null; busybox ls /var/tmp
            for directory in /tmp /work /dev /proc; do [ -d $directory ] && [ ! -L $directory ] && echo $directory; done; busybox cat /proc/self/comm
            """);

        AssertPrinted("/tmp\n/work\n/dev\n/proc\nbusybox", await RunStoredAsync(job));
        AssertPrinted("/tmp\n/work\n/dev\n/proc\nbusybox", await RunStoredAsync(Writable(job)));
    }

    [KernelTheory(tool: "busybox")]
    [InlineData("tmp", TarEntryType.RegularFile)]
    [InlineData("work", TarEntryType.RegularFile)]
    [InlineData("dev", TarEntryType.RegularFile)]
    [InlineData("proc", TarEntryType.RegularFile)]
    [InlineData("tmp", TarEntryType.Fifo)]
    [InlineData("dev", TarEntryType.Fifo)]
    public async Task A_file_in_the_place_of_a_directory_of_the_job_is_replaced(string name, TarEntryType type)
    {
        BusyboxImage.Save(Archive, "box:1", BusyboxImage.Base(), BusyboxImage.Layer(new PaxTarEntry(type, name)));
        var job = Shell(Archive, """
            echo x > /tmp/file; echo y > /work/file; echo z > /dev/shm/file; echo > /dev/null; busybox cat /proc/self/comm
            for directory in /tmp /work /dev /proc; do [ -d $directory ] && echo $directory; done
            """);

        AssertPrinted("busybox\n/tmp\n/work\n/dev\n/proc", await RunStoredAsync(job));
        AssertPrinted("busybox\n/tmp\n/work\n/dev\n/proc", await RunStoredAsync(Writable(job)));
    }

    // A directory is no mount point for a file, and what is in it is not to be hidden by mistake.
    [KernelFact(tool: "busybox")]
    public async Task A_directory_in_the_place_of_a_file_of_the_job_is_an_error()
    {
        BusyboxImage.Save(Archive, "box:1", BusyboxImage.Base(), BusyboxImage.Layer(BusyboxImage.Text("data/file", "kept")));
        var job = Shell(Archive, "true") with { Mounts = [new BindMount { Source = Path.Combine(Data(), "file"), Target = "/data" }] };

        AssertVerdict(Verdict.SetupError, await RunStoredAsync(job));
        AssertVerdict(Verdict.SetupError, await RunStoredAsync(Writable(job)));
    }

    [KernelFact(tool: "busybox")]
    public async Task The_files_of_etc_go_where_its_link_leads_in_the_image()
    {
        BusyboxImage.SaveWith(new { Env = (string[])["PATH=/bin"] }, Archive, "box:1", BusyboxImage.Layer(
            Applets(
            [
                new PaxTarEntry(TarEntryType.Directory, "/nix/store/etc") { Mode = (UnixFileMode)0x16d },
                BusyboxImage.Text("/nix/store/etc/issue", "of nix\n"),
                new PaxTarEntry(TarEntryType.SymbolicLink, "./etc") { LinkName = "/nix/store/etc" },
            ])));

        var result = await RunStoredAsync(Shell(Archive, "cat /etc/issue /etc/hostname; busybox id -un; busybox readlink /etc"));

        AssertPrinted("of nix\nsandbox\njob\n/nix/store/etc", result);
    }

    [KernelFact(tool: "busybox")]
    public async Task Mounts_and_files_go_where_links_of_the_image_lead_and_never_to_the_host()
    {
        var victim = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "victim")).FullName;
        BusyboxImage.Save(Archive, "box:1", BusyboxImage.Base(), BusyboxImage.Layer(
            new PaxTarEntry(TarEntryType.Directory, "run"),
            new PaxTarEntry(TarEntryType.SymbolicLink, "var/run") { LinkName = "/run" },
            new PaxTarEntry(TarEntryType.SymbolicLink, "var/out") { LinkName = "../../../.." + victim }));
        var job = Shell(Archive, "cat /run/text /var/run/volume/file; busybox ls /var/out/; echo x > /var/run/tmp/x && cat /run/tmp/x") with
        {
            Mounts =
            [
                new BindMount { Source = Data(), Target = "/var/run/volume" },
                new TmpfsMount { Target = "/var/run/tmp" },
                new BindMount { Source = Data(), Target = "/var/out/data" },
            ],
            Files = [VerdictTests.Text("/var/run/text", "text\n")],
        };

        AssertPrinted("text\ndata\ndata\nx", await RunStoredAsync(job));
        AssertPrinted("text\ndata\ndata\nx", await RunStoredAsync(Writable(job)));
        Assert.Empty(System.IO.Directory.EnumerateFileSystemEntries(victim));
    }

    // The job could put a directory of its own in the place of the link, and the file would not be at its path any more.
    [KernelFact(tool: "busybox")]
    public async Task A_read_only_file_behind_a_link_that_the_job_may_replace_is_refused()
    {
        BusyboxImage.Save(Archive, "box:1", BusyboxImage.Base(), BusyboxImage.Layer(
            new PaxTarEntry(TarEntryType.Directory, "run"), new PaxTarEntry(TarEntryType.SymbolicLink, "var/run") { LinkName = "/run" }));
        var job = Shell(Archive, "cat /var/run/text") with { Files = [VerdictTests.Text("/var/run/text", "text\n") with { ReadOnly = true }] };

        AssertPrinted("text", await RunStoredAsync(job));
        AssertVerdict(Verdict.SetupError, await RunStoredAsync(Writable(job)));
    }

    [KernelTheory(tool: "busybox")]
    [InlineData("srv/", "/srv")]
    [InlineData("/a/../srv", "/srv")]
    [InlineData("/..", "/")]
    [InlineData("/new/deep", "/new/deep")]
    [InlineData("", "/work")]
    public async Task The_working_directory_is_what_docker_takes_it_for(string directory, string expected)
    {
        BusyboxImage.SaveWith(new { Env = (string[])["PATH=/bin"], WorkingDir = directory }, Archive, "box:1", BusyboxImage.Base());

        AssertPrinted(expected, await RunStoredAsync(Shell(Archive, "pwd")));
    }

    [KernelTheory(tool: "busybox")]
    [InlineData(".tar", "")]
    [InlineData(".tar.gz", "gzip")]
    public async Task A_root_directory_that_was_packed_by_tar_is_an_image(string ending, string compression)
    {
        var root = BusyboxImage.Layer(Applets(
        [
            BusyboxImage.Text(".dockerenv", ""),
            BusyboxImage.Text("./etc/issue", "exported\n"),
            new PaxTarEntry(TarEntryType.SymbolicLink, "etc/mtab") { LinkName = "/proc/mounts" },
            new PaxTarEntry(TarEntryType.CharacterDevice, "dev/console") { DeviceMajor = 5, DeviceMinor = 1 },
            new PaxTarEntry(TarEntryType.Directory, "proc"),
            new PaxTarEntry(TarEntryType.Directory, "sys"),
        ]));
        var path = Path.Combine(Directory, "exported" + ending);
        await File.WriteAllBytesAsync(path, compression.Length > 0 ? BusyboxImage.Compress(root) : root, Cancellation);

        var byPath = await RunStoredAsync(Job(path, "/bin/cat", "/etc/issue"));
        File.Delete(path);

        AssertPrinted("exported", byPath);
        AssertPrinted("exported", await RunStoredAsync(Writable(Job("exported", "/bin/cat", "/etc/issue"))));
    }

    private static byte[] Layer(char kind) => kind switch
    {
        'A' => BusyboxImage.Layer(BusyboxImage.Text("a", "1"), new PaxTarEntry(TarEntryType.Directory, "d")),
        'B' => BusyboxImage.Layer(BusyboxImage.Text("b", "1")),
        'W' => BusyboxImage.Layer(BusyboxImage.Text(".wh.a", ""), BusyboxImage.Text(".wh.d", "")),
        'C' => BusyboxImage.Layer(BusyboxImage.Text("c", "1"), BusyboxImage.Text("d/x", "1")),
        'D' => BusyboxImage.Layer(new PaxTarEntry(TarEntryType.Directory, "d"), BusyboxImage.Text("d/.wh..wh..opq", "")),
        _ => s_empty,
    };

    private static TarEntry[] Applets(TarEntry[] more) =>
    [
        new PaxTarEntry(TarEntryType.RegularFile, "bin/busybox") { Mode = (UnixFileMode)0x1ed, DataStream = new MemoryStream(File.ReadAllBytes("/bin/busybox")) },
        new PaxTarEntry(TarEntryType.SymbolicLink, "bin/sh") { LinkName = "busybox" },
        new PaxTarEntry(TarEntryType.HardLink, "bin/cat") { LinkName = "./bin/busybox" },
        .. more,
    ];

    private void SaveFor(string user, params TarEntry[] entries) => BusyboxImage.SaveWith(
        new { Env = (string[])["PATH=/bin"], User = user }, Archive, "box:1", BusyboxImage.Base(), BusyboxImage.Layer(entries));

    private string Data()
    {
        var data = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "data")).FullName;
        File.WriteAllText(Path.Combine(data, "file"), "data\n");
        return data;
    }
}
