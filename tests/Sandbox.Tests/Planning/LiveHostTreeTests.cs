using Sandbox.Interop;
using Sandbox.Planning;
using Xunit;

namespace Sandbox.Tests.Planning;

public sealed class LiveHostTreeTests : IDisposable
{
    private readonly string _directory = System.IO.Directory.CreateTempSubdirectory("planning-").FullName;
    private readonly LiveHostTree _host = new();

    public void Dispose() => System.IO.Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_path_is_what_the_kernel_says()
    {
        File.WriteAllText(At("file"), "12345");
        File.CreateSymbolicLink(At("link"), "file");
        File.CreateSymbolicLink(At("dangling"), "nowhere");

        Assert.Equal(HostEntryKind.Directory, _host.Kind(_directory));
        Assert.Equal(HostEntryKind.File, _host.Kind(At("file")));
        Assert.Equal(HostEntryKind.Symlink, _host.Kind(At("link")));
        Assert.Equal(HostEntryKind.File, _host.Resolved(At("link")));
        Assert.Equal(HostEntryKind.Missing, _host.Resolved(At("dangling")));
        Assert.Equal(HostEntryKind.Missing, _host.Kind(At("file/below")));
        Assert.Equal(HostEntryKind.Special, _host.Kind("/dev/null"));
        Assert.Equal(5, _host.Size(At("link")));
        Assert.Equal("file", _host.LinkTarget(At("link")));
        Assert.Null(_host.LinkTarget(At("file")));
    }

    [Fact]
    public void Children_are_sorted_and_told_apart()
    {
        System.IO.Directory.CreateDirectory(At("b"));
        File.WriteAllText(At("c ü"), "");
        File.CreateSymbolicLink(At("a"), "b");

        var children = _host.Children(_directory);

        Assert.Equal(
            [new HostEntry("a", HostEntryKind.Symlink), new HostEntry("b", HostEntryKind.Directory), new HostEntry("c ü", HostEntryKind.File)],
            children);
    }

    [Fact]
    public void A_directory_that_is_not_there_has_no_children() => Assert.Empty(_host.Children(At("nowhere")));

    [Fact]
    public void Content_that_cannot_be_read_is_a_set_up_error_with_the_path()
    {
        var missing = Assert.Throws<SandboxException>(() => _host.Content(At("nowhere"), "/files/a/from"));
        var device = Assert.Throws<SandboxException>(() => _host.Content("/dev/zero", "/files/b/from"));

        Assert.Equal(("ENOENT", At("nowhere"), "/files/a/from"), (missing.Errno, missing.Path, missing.Pointer));
        Assert.Equal("EINVAL", device.Errno);
    }

    [Theory]
    [InlineData("/", true)]
    [InlineData("/sys/fs/cgroup", true)]
    [InlineData("/tmp", false)]
    [InlineData("/nowhere", false)]
    public void Control_groups_are_seen_from_above_too(string path, bool shown)
    {
        Assert.SkipUnless(File.ReadLines("/proc/self/mountinfo").Any(line => line.Contains(" - cgroup", StringComparison.Ordinal) && line.Contains(" /sys/fs/cgroup", StringComparison.Ordinal)), "needs control groups at /sys/fs/cgroup");

        Assert.Equal(shown, _host.ShowsControlGroups(path));
    }

    [Fact]
    public void A_link_to_control_groups_shows_them()
    {
        Assert.SkipUnless(_host.ShowsControlGroups("/sys/fs/cgroup"), "needs control groups at /sys/fs/cgroup");
        File.CreateSymbolicLink(At("link"), "/sys/fs/cgroup");

        Assert.True(_host.ShowsControlGroups(At("link")));
    }

    private string At(string name) => Path.Combine(_directory, name);
}
