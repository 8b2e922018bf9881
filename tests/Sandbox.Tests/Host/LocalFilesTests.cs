using Sandbox.Host;
using Xunit;

namespace Sandbox.Tests.Host;

public sealed class LocalFilesTests : IDisposable
{
    private readonly LocalFiles _local = new();

    public void Dispose() => _local.Dispose();

    [Theory]
    [InlineData("/")]
    [InlineData("/usr/bin/env")]
    [InlineData("/nowhere/at/all")]
    [InlineData("/proc/self/fd/63")]
    [InlineData("/dev/fd/63")]
    public void What_is_in_the_root_or_made_by_the_kernel_is_local(string path) => Assert.True(_local.Holds(path));

    [Fact]
    public void A_local_file_system_that_is_mounted_elsewhere_is_local()
    {
        Assert.SkipUnless(Directory.Exists("/sys/kernel"), "no sysfs");

        Assert.True(_local.Holds("/sys/kernel"));
    }

    [Fact]
    public void A_file_system_of_another_kind_is_not_whatever_it_holds()
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(Path.Join(directory.Path, "proc", "self"));
        File.WriteAllText(
            Path.Join(directory.Path, "proc", "self", "mountinfo"),
            "1 0 0:1 / / rw - ext4 /dev/vda rw\n2 1 0:2 / /sys rw - fuse.lazy lazy rw\n");

        using var local = new LocalFiles(new HostFiles(directory.Path));

        Assert.False(local.Holds("/sys/kernel"));
        Assert.True(local.Holds("/usr"));
    }
}
