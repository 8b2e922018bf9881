using Sandbox.Host;
using Xunit;

namespace Sandbox.Tests.Host;

public sealed class MountEntryTests
{
    [Fact]
    public void Names_are_as_the_file_system_has_them()
    {
        var mount = MountEntry.Parse(@"36 35 98:0 /a\040b /mnt/tab\011line\012back\134slash\134040 rw,noatime master:1 - ext3 /dev/root rw");

        Assert.Equal(("/a b", "/mnt/tab\tline\nback\\slash\\040"), (mount!.Root, mount.Target));
    }

    [Fact]
    public void A_line_of_another_kind_is_none() => Assert.Null(MountEntry.Parse("rootfs / rootfs rw 0 0"));
}
