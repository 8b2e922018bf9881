using System.Diagnostics;
using Sandbox.Server.Handover;
using Xunit;

namespace Sandbox.Tests.Server;

public sealed class CallerPathsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [Theory]
    [InlineData("new", true)]
    [InlineData("new/below", true)]
    [InlineData("new/", true)]
    [InlineData("there", true)]
    [InlineData("there/new", true)]
    [InlineData("there/../file", true)]
    [InlineData("there/../new", false)]
    [InlineData("new/../file", false)]
    [InlineData("file", true)]
    [InlineData("file/below", true)]
    [InlineData("link", true)]
    [InlineData("link/new", true)]
    [InlineData("dangling", false)]
    [InlineData("dangling/", false)]
    [InlineData("dangling/new", false)]
    [InlineData("descriptor", false)]
    [InlineData("descriptor/new", false)]
    [InlineData("process/cwd/new", false)]
    [InlineData("fifo", true)]
    public void A_path_is_the_same_unless_the_way_is_not(string path, bool isSame)
    {
        Directory.CreateDirectory(Path.Combine(_directory.Path, "there"));
        File.WriteAllText(Path.Combine(_directory.Path, "file"), "");
        Directory.CreateSymbolicLink(Path.Combine(_directory.Path, "link"), "there");
        File.CreateSymbolicLink(Path.Combine(_directory.Path, "dangling"), "nowhere");
        File.CreateSymbolicLink(Path.Combine(_directory.Path, "descriptor"), "/proc/self/fd/0");
        Directory.CreateSymbolicLink(Path.Combine(_directory.Path, "process"), "/proc/self");
        using var made = Process.Start("mkfifo", Path.Combine(_directory.Path, "fifo"));
        made.WaitForExit();

        Assert.Equal(isSame, CallerPaths.IsSame(Path.Combine(_directory.Path, path)));
    }

    [Theory]
    [InlineData("/", true)]
    [InlineData("/dev/null", true)]
    [InlineData("/no such directory/new", true)]
    [InlineData("/proc/self/cwd/new", false)]
    [InlineData("/proc/self/comm", false)]
    [InlineData("/proc/thread-self/fd/0", false)]
    [InlineData("/proc/mounts", false)]
    [InlineData("/dev/stdout", false)]
    [InlineData("/dev/fd/0", false)]
    [InlineData("/dev/fd/4711", false)]
    [InlineData("/dev/tty", false)]
    [InlineData("relative", false)]
    [InlineData("/nothing\0here", false)]
    public void A_path_that_each_process_has_for_itself_is_not(string path, bool isSame) => Assert.Equal(isSame, CallerPaths.IsSame(path));

    [Fact]
    public void Every_path_of_a_job_is_looked_at()
    {
        const string Own = "/proc/self/cwd/x";
        var job = new JobSpec { Command = ["x"] };
        JobSpec[] sources =
        [
            job with { Rootfs = new DirectoryRootfs { Path = Own } },
            job with { Rootfs = new ImageRootfs { Reference = Own } },
            job with { Mounts = [new BindMount { Source = Own, Target = "/d" }] },
            job with { Mounts = [new OverlayMount { Source = Own, Target = "/d" }] },
            job with { Mounts = [new OverlayMount { Source = "/", Upper = Own, Target = "/d" }] },
            job with { Files = [new() { Path = "/work/x", Content = Content.File(Own) }] },
            job with { Stdin = Stdin.From(Content.File(Own)) },
            job with { Seccomp = new PolicyFile { Path = Own } },
        ];
        JobSpec[] destinations =
        [
            job with { Outputs = [new() { Path = "/work/a", To = Own }] },
            job with { Diff = new() { To = Own } },
            job with { Stdout = new FileOutput { Path = Own } },
            job with { Stderr = new FileOutput { Path = Own } },
        ];

        Assert.All(sources, static named => Assert.Equal((false, false), (CallerPaths.AreSame(named), CallerPaths.AreWritten(named))));
        Assert.All(destinations, static named => Assert.Equal((false, true), (CallerPaths.AreSame(named), CallerPaths.AreWritten(named))));
        var none = job with { Outputs = [new() { Path = "/work/a", To = "store" }], Diff = new(), Stdin = Stdin.From(Content.Text("x")) };
        Assert.Equal((true, false), (CallerPaths.AreSame(none), CallerPaths.AreWritten(none)));
    }

    public void Dispose() => _directory.Dispose();
}
