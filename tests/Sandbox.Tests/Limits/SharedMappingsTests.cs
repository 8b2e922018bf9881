using System.Text;
using Sandbox.Resources.Limits;
using Xunit;

namespace Sandbox.Tests.Limits;

public sealed class SharedMappingsTests
{
    private const long Mebibyte = 1 << 20;
    private const string Anonymous = "7f0000000000-7f0000100000 rw-s 00000000 00:01 20 /dev/zero (deleted)";
    private const string Half = "7f0000000000-7f0000080000 rw-s 00000000 00:01 20 /dev/zero (deleted)";
    private const string Other = "7f0000400000-7f0000500000 rw-s 00000000 00:01 21 /dev/zero (deleted)";
    private const string Memfd = "7f0000100000-7f0000200000 rw-s 00000000 00:01 30 /memfd:name (deleted)";

    private readonly Dictionary<ulong, long> _counted = [];
    private readonly SharedMappings _mappings;

    public SharedMappingsTests() => _mappings = new(device: 1, inode => _counted.TryGetValue(inode, out var bytes) ? bytes : null);

    [Fact]
    public void Sizes_are_added_up_by_how_pages_can_come()
    {
        Round(Anonymous, Other, Memfd);

        Assert.Equal((2 * Mebibyte, Mebibyte, false), (_mappings.AnonymousBytes, _mappings.FileBytes, _mappings.IsEmpty));
    }

    [Fact]
    public void An_inode_mapped_more_than_once_counts_once()
    {
        Round(Anonymous, Half, Anonymous);

        Assert.Equal((Mebibyte, false), (_mappings.AnonymousBytes, _mappings.MissesSizes));
    }

    [Theory]
    [InlineData("7f0000300000-7f0000400000 rw-s 00000000 00:2a 20 /work/dev/zero (deleted)")]
    [InlineData("7f0000100000-7f0000200000 rw-s 00000000 00:01 40 /SYSV00000000 (deleted)")]
    [InlineData("7f0000400000-7f0000500000 rw-p 00000000 00:00 0 ")]
    [InlineData("7f0000400000-7f0000500000 rw-s 00000000")]
    [InlineData("7f0000400000 rw-s 00000000 00:01 20 /dev/zero (deleted)")]
    [InlineData("")]
    public void Other_mappings_are_none(string line)
    {
        Round(line);

        Assert.Equal((0, 0, true), (_mappings.AnonymousBytes, _mappings.FileBytes, _mappings.IsEmpty));
    }

    [Fact]
    public void A_memfd_held_open_is_counted_there()
    {
        _counted.Add(30, 5 * Mebibyte);

        Round(Memfd);

        Assert.Equal((0, false), (_mappings.FileBytes, _mappings.MissesSizes));
    }

    [Fact]
    public void A_memfd_that_was_larger_when_it_was_open_makes_sizes_worth_nothing()
    {
        _counted.Add(30, 5 * Mebibyte);
        Round(Memfd);
        _counted.Clear();

        Round(Memfd);

        Assert.Equal((5 * Mebibyte, true), (_mappings.FileBytes, _mappings.MissesSizes));
    }

    [Fact]
    public void What_was_mapped_once_still_counts_and_makes_sizes_worth_nothing()
    {
        Round(Anonymous);

        Round(Half);

        Assert.Equal((Mebibyte, true), (_mappings.AnonymousBytes, _mappings.MissesSizes));
    }

    [Fact]
    public void The_offset_is_part_of_the_size()
    {
        Round("7f0000000000-7f0000100000 rw-s 00300000 00:01 20 /dev/zero (deleted)");

        Assert.Equal(4 * Mebibyte, _mappings.AnonymousBytes);
    }

    [Fact]
    public void The_largest_offsets_do_not_add_up_to_less()
    {
        Round(
            "7f0000000000-7f0000100000 rw-s 7fffffffffe00000 00:01 30 /memfd:x (deleted)",
            "7f0000000000-7f0000100000 rw-s 7fffffffffe00000 00:01 31 /memfd:x (deleted)");

        Assert.True(_mappings.FileBytes > 1L << 47);
    }

    [Fact]
    public void What_a_whole_round_does_not_find_is_gone()
    {
        Round(Anonymous);

        Round();

        Assert.True(_mappings.IsEmpty);
    }

    [Fact]
    public void What_a_part_of_a_round_does_not_find_is_not_gone()
    {
        Round(Anonymous);

        _mappings.Begin();
        _mappings.End(isComplete: false, wasRefused: false);

        Assert.Equal((Mebibyte, false), (_mappings.AnonymousBytes, _mappings.MissesSome));
    }

    [Fact]
    public void What_many_parts_of_rounds_do_not_find_is_gone()
    {
        Round(Anonymous);

        for (var round = 0; round < 4; round++)
        {
            _mappings.Begin();
            _mappings.End(isComplete: false, wasRefused: false);
        }

        Assert.True(_mappings.IsEmpty);
    }

    [Fact]
    public void Where_a_process_may_not_be_read_nothing_is_gone_and_some_may_be_missed()
    {
        Round(Anonymous);

        for (var round = 0; round < 9; round++)
        {
            _mappings.Begin();
            _mappings.End(isComplete: false, wasRefused: true);
        }

        Assert.Equal((Mebibyte, true), (_mappings.AnonymousBytes, _mappings.MissesSome));
    }

    [Fact]
    public void Where_the_kernel_says_what_an_inode_holds_sizes_do_not_count()
    {
        _mappings.Begin();
        _mappings.AddLine(Encoding.UTF8.GetBytes(Anonymous), (range, inode) => Encoding.UTF8.GetString(range) == "7f0000000000-7f0000100000" && inode == 20 ? 4096 : null);
        _mappings.End(isComplete: true, wasRefused: false);

        Assert.Equal((0, 4096), (_mappings.AnonymousBytes, _mappings.FileBytes));
    }

    private void Round(params string[] lines)
    {
        _mappings.Begin();
        foreach (var line in lines)
        {
            _mappings.AddLine(Encoding.UTF8.GetBytes(line), (_, _) => null);
        }

        _mappings.End(isComplete: true, wasRefused: false);
    }
}
