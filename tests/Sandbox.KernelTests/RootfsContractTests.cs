using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What a job finds whatever its root is made of.</summary>
public sealed class RootfsContractTests : KernelTest
{
    private static readonly string[] s_roots = ["host", "empty", "directory", "writable directory", "image", "writable image"];
    private static readonly string[] s_directories = ["/work", "/tmp", "/dev/shm"];

    public static TheoryData<string> Roots => [.. s_roots];

    [KernelTheory]
    [MemberData(nameof(Roots))]
    public async Task Its_own_directories_can_be_written(string root)
    {
        foreach (var directory in s_directories)
        {
            AssertPrinted("written", await RunAsync(root, "write_output", directory + "/file", "text"));
        }
    }

    [KernelTheory]
    [MemberData(nameof(Roots))]
    public async Task The_root_can_be_written_only_if_the_job_says_so(string root)
    {
        var result = await RunAsync(root, "write_output", "/made", "text");

        AssertPrinted(root.StartsWith("writable", StringComparison.Ordinal) ? "written" : "denied EROFS", result);
        AssertDenied(await RunAsync(root, "write_mount", "/probes"));
    }

    [KernelTheory]
    [MemberData(nameof(Roots))]
    public async Task It_starts_in_a_directory_that_is_there(string root)
    {
        AssertPrinted("/work", await RunAsync(root, "state", "cwd"));
        AssertPrinted("/work/a/b", await RunAsync(root, job => job with { WorkingDirectory = "/work/a/b" }, "state", "cwd"));
    }

    [KernelTheory]
    [MemberData(nameof(Roots))]
    public async Task Its_devices_are_harmless_ones(string root)
    {
        var result = await RunAsync(root, "list", "/dev");

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal(
            ["fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty", "urandom", "zero"],
            Out(result).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    [KernelTheory]
    [MemberData(nameof(Roots))]
    public async Task Processes_of_the_host_are_not_seen(string root)
    {
        var result = await RunAsync(root, "list", "/proc");

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal(["1", "2"], Out(result).Split('\n').Where(name => int.TryParse(name, out _)).Order(StringComparer.Ordinal));
    }

    [KernelTheory]
    [MemberData(nameof(Roots))]
    public async Task Mounts_files_and_outputs_work_in_it(string root)
    {
        var output = Path.Combine(Directory, "collected");

        var result = await RunAsync(
            root,
            job => job with
            {
                Mounts = [.. job.Mounts, new TmpfsMount { Target = "/made/for/this" }],
                Files = [new InjectedFile { Path = "/made/for/this/file", Content = new InlineContent { Bytes = "given"u8.ToArray() } }],
                Outputs = [new OutputSpec { Path = "/made/for/this/file", To = output }],
            },
            "state",
            "cwd");

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal("given", await File.ReadAllTextAsync(output, Cancellation));
    }

    private Task<JobResult> RunAsync(string root, string probe, params string[] arguments) => RunAsync(root, job => job, probe, arguments);

    private async Task<JobResult> RunAsync(string root, Func<JobSpec, JobSpec> change, string probe, params string[] arguments)
    {
        using var runner = new SandboxRunner(new SandboxOptions { Store = Path.Combine(Directory, "store") });
        return await runner.RunAsync(change(Probe.Job(probe, arguments) with { Rootfs = Rootfs(root) }), Cancellation);
    }

    private Rootfs Rootfs(string root)
    {
        var isWritable = root.StartsWith("writable", StringComparison.Ordinal);
        return root switch
        {
            "host" => new HostRootfs(),
            "empty" => new EmptyRootfs(),
            "directory" or "writable directory" => new DirectoryRootfs { Path = Tree(), Writable = isWritable },
            _ => new ImageRootfs { Reference = Image(), Writable = isWritable },
        };
    }

    private string Tree() => System.IO.Directory.CreateDirectory(Path.Combine(Directory, "tree/usr/share")).Parent!.Parent!.FullName;

    private string Image()
    {
        var path = Path.Combine(Directory, "image.tar");
        if (!File.Exists(path))
        {
            BusyboxImage.Save(path, "contract:1", BusyboxImage.Layer(BusyboxImage.Text("etc/passwd", "app:x:1000:1000::/:/bin/sh\n")), BusyboxImage.Layer(BusyboxImage.Text("usr/share/a", "a")));
        }

        return path;
    }
}
