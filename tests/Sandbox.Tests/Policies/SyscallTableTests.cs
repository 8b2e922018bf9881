using Sandbox.Policies;
using Xunit;

namespace Sandbox.Tests.Policies;

public sealed class SyscallTableTests
{
    [Theory]
    [InlineData(101, SyscallTable.X8664, "ptrace")]
    [InlineData(117, SyscallTable.Aarch64, "ptrace")]
    [InlineData(26, SyscallTable.I386, "ptrace")]
    [InlineData(462, SyscallTable.X8664, "mseal")]
    [InlineData(0x4000_0027, SyscallTable.X8664, "getpid")]
    [InlineData(9999, SyscallTable.X8664, "unknown")]
    [InlineData(-1, SyscallTable.X8664, "unknown")]
    [InlineData(1, 12345u, "unknown")]
    public void A_number_has_its_name(int number, uint arch, string name) =>
        Assert.Equal(name, SyscallTable.Name(number, arch));

    [Theory]
    [InlineData(SyscallTable.X8664, "x86_64")]
    [InlineData(SyscallTable.Aarch64, "aarch64")]
    [InlineData(SyscallTable.I386, "i386")]
    [InlineData(0x1234u, "0x00001234")]
    public void An_architecture_has_its_name(uint arch, string name) =>
        Assert.Equal(name, SyscallTable.ArchName(arch));

    [Theory]
    [InlineData(SyscallTable.X8664)]
    [InlineData(SyscallTable.Aarch64)]
    public void No_two_calls_share_a_number(uint arch)
    {
        var shared = SyscallTable.Names.Where(name => SyscallTable.Number(name, arch) is not null)
            .GroupBy(name => SyscallTable.Number(name, arch)).Where(group => group.Count() > 1);

        Assert.Empty(shared);
    }
}
