using Sandbox.Interop;
using Sandbox.Resources.Limits;
using Sandbox.Resources.Limits.Cgroups;
using Xunit;

namespace Sandbox.Tests.Limits.Cgroups;

public sealed class MemoryGroupTests : IDisposable
{
    private const long Mebibyte = 1 << 20;

    private readonly FakeCgroup _group = new();

    public void Dispose() => _group.Dispose();

    [Fact]
    public void A_limit_of_version_2_holds_without_swap_and_for_the_whole_group()
    {
        using var memory = Version2();

        memory.Limit(64 * Mebibyte, 32 * Mebibyte, above: null, network: Network.None);

        Assert.Equal(("67108864", "33554432"), (_group.Read("memory.max"), _group.Read("memory.high")));
        Assert.Equal(("1", "0"), (_group.Read("memory.oom.group"), _group.Read("memory.swap.max")));
        Assert.Equal((64 * Mebibyte, 32 * Mebibyte, true), (memory.EffectiveBytes, memory.EffectiveHighBytes, memory.KillsAll));
        Assert.Null(memory.Weakness);
    }

    [Fact]
    public void A_lifted_limit_leaves_swap_and_the_ways_of_the_killer_alone()
    {
        using var memory = Version2();

        memory.Limit(null, null, above: null, network: Network.None);

        Assert.Equal(("", "", "", ""), (_group.Read("memory.max"), _group.Read("memory.high"), _group.Read("memory.oom.group"), _group.Read("memory.swap.max")));
        Assert.Equal((null, null, false), (memory.EffectiveBytes, memory.EffectiveHighBytes, memory.KillsAll));
    }

    [Fact]
    public void A_soft_limit_needs_no_hard_one()
    {
        using var memory = Version2();

        memory.Limit(null, 32 * Mebibyte, above: null, network: Network.None);

        Assert.Equal((null, 32 * Mebibyte), (memory.EffectiveBytes, memory.EffectiveHighBytes));
    }

    [Fact]
    public void Swap_that_is_not_counted_is_a_weakness_where_the_host_swaps()
    {
        using var memory = Version2();
        _group.Remove("memory.swap.max");

        memory.Limit(64 * Mebibyte, null, above: null, network: Network.None);

        Assert.Equal(HostSwap.IsOn, memory.Weakness is not null);
    }

    [Fact]
    public void A_limit_that_the_kernel_refuses_points_to_its_origin()
    {
        using var memory = Version2();
        _group.Remove("memory.high");

        var refused = Assert.Throws<SandboxException>(() => memory.Limit(64 * Mebibyte, 32 * Mebibyte, above: null, network: Network.None));

        Assert.Equal(("/limits/memoryHigh", "ENOENT", _group.Group.Path + "/memory.high"), (refused.Pointer, refused.Errno, refused.Path));
    }

    [Fact]
    public void The_first_victim_of_a_group_kill_counts_once()
    {
        using var memory = Version2();
        _group.Write("memory.events", "low 0\nhigh 0\nmax 5\noom 2\noom_kill 4\noom_group_kill 1\n").Write("memory.peak", "123456\n");

        memory.Look();

        Assert.Equal((3L, 2L, 5L, 123456L), (memory.OomKills, memory.Ooms, memory.Reclaims, memory.PeakBytes));
    }

    [Fact]
    public void A_kernel_that_does_not_count_group_kills_counts_kills()
    {
        using var memory = Version2();
        _group.Write("memory.events", "max 0\noom 0\noom_kill 2\n");

        memory.Look();

        Assert.Equal((2L, 0L), (memory.OomKills, memory.Ooms));
    }

    [Fact]
    public void A_peak_that_the_kernel_does_not_count_is_the_largest_seen()
    {
        _group.Write("memory.current", "700\n");
        using var memory = Version2(counts: false);
        memory.Look();
        _group.Write("memory.current", "200\n");

        memory.Look();

        Assert.Equal((700L, true), (memory.PeakBytes, memory.IsSampled));
    }

    [Fact]
    public void A_peak_that_the_kernel_counts_is_not_sampled()
    {
        using var memory = Version2();
        _group.Write("memory.current", "700\n").Write("memory.peak", "600\n");

        memory.Look();

        Assert.Equal((600L, false), (memory.PeakBytes, memory.IsSampled));
    }

    [Theory]
    [InlineData(16, 15)]
    [InlineData(63, 63 - (63 / 16.0))]
    [InlineData(64, 64)]
    [InlineData(128, 64)]
    [InlineData(null, 64)]
    public void A_smaller_limit_above_becomes_the_jobs_own_less_a_sixteenth(int? above, double own)
    {
        using var memory = Version2();

        memory.Limit(64 * Mebibyte, null, above * Mebibyte, network: Network.None);

        Assert.Equal((long)(own * Mebibyte), memory.EffectiveBytes);
    }

    [Fact]
    public void A_limit_above_a_job_without_one_stays_somebody_elses()
    {
        using var memory = Version2();

        memory.Limit(null, null, above: 16 * Mebibyte, network: Network.None);

        Assert.Equal(("", null), (_group.Read("memory.max"), memory.EffectiveBytes));
    }

    [Fact]
    public void A_victim_without_memory_of_its_own_is_a_kill_all_the_same()
    {
        using var memory = Version2();
        _group.Write("memory.events", "max 1\noom 1\noom_kill 1\noom_group_kill 1\n");

        memory.Look();

        Assert.Equal((1L, 1L), (memory.OomKills, memory.Ooms));
    }

    [Theory]
    [InlineData("memory.events", true)]
    [InlineData("memory.oom_control", false)]
    public void A_group_whose_events_cannot_be_read_any_more_is_lost(string file, bool isVersion2)
    {
        _group.Lose(file);
        using var memory = new MemoryGroup(_group.Group, isVersion2);
        Assert.False(memory.IsLost);

        memory.Look();

        Assert.True(memory.IsLost);
    }

    [Fact]
    public void Version_2_counts_what_waits_in_sockets_and_a_network_weakens_nothing()
    {
        using var memory = Version2();

        memory.Limit(64 * Mebibyte, null, above: null, network: Network.Loopback);

        Assert.Equal((true, null), (memory.CountsSockets, memory.Weakness));
    }

    [Fact]
    public void The_event_file_of_version_2_is_its_own_notice()
    {
        using var memory = Version2();

        Assert.Equal((true, PollEntry.Exceptional), (memory.Notice is not null, memory.NoticeEvent));
    }

    private MemoryGroup Version2(bool counts = true)
    {
        _group.Write("memory.max", "").Write("memory.high", "").Write("memory.oom.group", "").Write("memory.swap.max", "").Write("memory.events", "");
        if (counts)
        {
            _group.Write("memory.peak", "0\n");
        }

        return new(_group.Group, isVersion2: true);
    }
}
