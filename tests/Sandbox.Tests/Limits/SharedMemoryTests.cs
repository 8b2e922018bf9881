using System.Text;
using Sandbox.Resources.Limits;
using Xunit;

namespace Sandbox.Tests.Limits;

public sealed class SharedMemoryTests
{
    [Fact]
    public void Segments_count_what_is_in_memory_and_in_swap()
    {
        var text = "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n"
            + "         0          0   600              10485760 26641 26641      0     0     0     0     0 1795451000          0 1795451000               4194304                  4096\n"
            + "        -1         32   666                  4096     1     1      2     0     0     0     0          0          0 1795451000                  4096                     0\n";

        Assert.Equal(4194304 + 4096 + 4096, SysvSegments.Sum(Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void Shares_are_read_from_the_kernels_own_file()
    {
        Assert.True(SmapsRollup.TryParse(File.ReadAllBytes("/proc/self/smaps_rollup"), out var rollup));

        Assert.True(rollup.Anonymous > 0);
    }

    [Fact]
    public void A_kernel_without_shares_by_kind_is_noticed() =>
        Assert.False(SmapsRollup.TryParse("0-1 ---p 0 00:00 0 [rollup]\nPss: 1 kB\n"u8, out _));
}
