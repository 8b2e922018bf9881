using Sandbox.Interop;
using Sandbox.Resources.Limits.Cgroups;
using Xunit;

namespace Sandbox.Tests.Limits.Cgroups;

public sealed class MemoryGroupVersion1Tests : IDisposable
{
    private const long Mebibyte = 1 << 20;

    private readonly FakeCgroup _group = new();

    public void Dispose() => _group.Dispose();

    [Fact]
    public void A_limit_of_version_1_counts_swap_where_the_kernel_does()
    {
        using var memory = Version1(limit: 64 * Mebibyte, hierarchical: 64 * Mebibyte);

        Assert.Equal(("67108864", "67108864", ""), (_group.Read("memory.limit_in_bytes"), _group.Read("memory.memsw.limit_in_bytes"), _group.Read("memory.swappiness")));
        Assert.Equal((64 * Mebibyte, null, false), (memory.EffectiveBytes, memory.Weakness, memory.KillsAll));
    }

    [Fact]
    public void A_limit_of_version_1_avoids_swap_where_the_kernel_does_not_count_it()
    {
        _group.Write("memory.limit_in_bytes", "").Write("memory.swappiness", "");
        using var memory = new MemoryGroup(_group.Group, isVersion2: false);

        memory.Limit(64 * Mebibyte, null, above: null, network: Network.None);

        Assert.Equal(("0", null), (_group.Read("memory.swappiness"), memory.Weakness));
    }

    [Fact]
    public void A_group_of_version_1_tells_the_smallest_limit_above()
    {
        using var memory = Version1(limit: 64 * Mebibyte, hierarchical: 16 * Mebibyte);

        Assert.Equal(16 * Mebibyte, memory.EffectiveBytes);
    }

    [Fact]
    public void A_smaller_limit_above_a_group_of_version_1_becomes_its_own_less_a_sixteenth()
    {
        using var memory = Version1(limit: 64 * Mebibyte, hierarchical: 16 * Mebibyte);

        Assert.Equal(("15728640", "15728640"), (_group.Read("memory.limit_in_bytes"), _group.Read("memory.memsw.limit_in_bytes")));
    }

    [Fact]
    public void A_limit_that_version_1_rounds_to_pages_is_not_one_of_a_group_above()
    {
        const long asked = 100_000_000;

        using var memory = Version1(limit: asked, hierarchical: asked - (asked % Environment.SystemPageSize));

        Assert.Equal("100000000", _group.Read("memory.limit_in_bytes"));
    }

    [Fact]
    public void Version_1_does_not_inherit_a_job_that_waits_at_its_limit_for_ever()
    {
        _group.Write("memory.limit_in_bytes", "").Write("memory.oom_control", "1");
        using var memory = new MemoryGroup(_group.Group, isVersion2: false);

        memory.Limit(64 * Mebibyte, null, above: null, network: Network.None);

        Assert.Equal("0", _group.Read("memory.oom_control"));
    }

    [Fact]
    public void Buffers_of_tcp_get_a_limit_of_their_own_in_version_1()
    {
        _group.Write("memory.kmem.tcp.limit_in_bytes", "");

        using var memory = Version1(limit: 64 * Mebibyte, hierarchical: 64 * Mebibyte);

        Assert.Equal("67108864", _group.Read("memory.kmem.tcp.limit_in_bytes"));
    }

    [Theory]
    [InlineData("loopback", "version 1 does not count the buffers of UDP; a watchdog looks at them")]
    [InlineData("host", "version 1 does not count the buffers of UDP, and with the host's network nothing does")]
    [InlineData("none", null)]
    public void Buffers_of_udp_are_a_weakness_of_version_1_with_a_network(string network, string? weakness)
    {
        using var memory = Version1(limit: null, hierarchical: 64 * Mebibyte);

        memory.Limit(64 * Mebibyte, null, above: null, Network.Parse(network));

        Assert.Equal((weakness, false), (memory.Weakness, memory.CountsSockets));
    }

    [Fact]
    public void The_largest_number_of_version_1_is_no_limit()
    {
        using var memory = Version1(limit: 64 * Mebibyte, hierarchical: 9223372036854771712);

        Assert.Null(memory.EffectiveBytes);
    }

    [Fact]
    public void A_lifted_limit_of_version_1_writes_nothing()
    {
        using var memory = Version1(limit: null, hierarchical: 0);

        Assert.Equal(("", ""), (_group.Read("memory.limit_in_bytes"), _group.Read("memory.memsw.limit_in_bytes")));
        Assert.Null(memory.EffectiveBytes);
    }

    [Theory]
    [InlineData(64 << 20, 1)]
    [InlineData((64 << 20) - (512 << 10), 1)]
    [InlineData((64 << 20) - (512 << 10) - 1, 0)]
    public void A_kill_in_version_1_is_by_the_groups_own_limit_if_it_was_full(int peak, int ooms)
    {
        using var memory = Version1(limit: 64 * Mebibyte, hierarchical: 64 * Mebibyte);
        _group.Write("memory.max_usage_in_bytes", $"{peak}\n").Write("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");

        memory.Look();

        Assert.Equal((1L, ooms), (memory.OomKills, memory.Ooms));
    }

    [Fact]
    public void A_kill_in_version_1_is_by_the_groups_own_limit_if_it_was_full_with_swap()
    {
        _group.Write("memory.memsw.max_usage_in_bytes", "67108864\n");
        using var memory = Version1(limit: 64 * Mebibyte, hierarchical: 64 * Mebibyte);
        _group.Write("memory.max_usage_in_bytes", "1048576\n").Write("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");

        memory.Look();

        Assert.Equal((2L, 2L, Mebibyte), (memory.OomKills, memory.Ooms, memory.PeakBytes));
    }

    [Fact]
    public void A_full_group_of_version_1_in_which_nobody_was_killed_is_no_kill()
    {
        using var memory = Version1(limit: 64 * Mebibyte, hierarchical: 64 * Mebibyte);
        _group.Write("memory.max_usage_in_bytes", "67108864\n");

        memory.Look();

        Assert.Equal((0L, 0L), (memory.OomKills, memory.Ooms));
    }

    [Fact]
    public void Version_1_tells_of_a_kill_by_an_event_registered_for_its_file()
    {
        _group.Write("cgroup.event_control", "");
        using var memory = Version1(limit: 64 * Mebibyte, hierarchical: 64 * Mebibyte);

        Assert.Equal((true, PollEntry.Readable), (memory.Notice is not null, memory.NoticeEvent));
        Assert.StartsWith($"{memory.Notice!.DangerousGetHandle()} ", _group.Read("cgroup.event_control"), StringComparison.Ordinal);
    }

    [Fact]
    public void Version_1_without_events_has_no_notice()
    {
        using var memory = Version1(limit: 64 * Mebibyte, hierarchical: 64 * Mebibyte);

        Assert.Null(memory.Notice);
    }

    private MemoryGroup Version1(long? limit, long hierarchical)
    {
        _group.Write("memory.limit_in_bytes", "").Write("memory.memsw.limit_in_bytes", "").Write("memory.swappiness", "")
            .Write("memory.stat", $"cache 0\nhierarchical_memory_limit {hierarchical}\nhierarchical_memsw_limit 1\n")
            .Write("memory.max_usage_in_bytes", "0\n").Write("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n");
        var memory = new MemoryGroup(_group.Group, isVersion2: false);
        memory.Limit(limit, null, above: null, network: Network.None);
        return memory;
    }
}
