using Sandbox.Interop;
using Xunit;

namespace Sandbox.Tests.Cores;

public sealed class CpuSetTests
{
    [Theory]
    [InlineData("0", "0")]
    [InlineData("0-3,8", "0-3,8")]
    [InlineData("8,3,2,1,0", "0-3,8")]
    [InlineData("0-1,2-3", "0-3")]
    [InlineData("5-5", "5")]
    [InlineData("1,3,5", "1,3,5")]
    [InlineData("63-64", "63-64")]
    [InlineData("60-200", "60-200")]
    [InlineData("0-4095", "0-4095")]
    [InlineData("4095", "4095")]
    [InlineData("0007", "7")]
    public void A_list_is_printed_in_its_shortest_form(string text, string canonical) =>
        Assert.Equal(canonical, Parse(text).ToString());

    [Theory]
    [InlineData("", "the list names no CPU")]
    [InlineData("4096", "\"4096\": CPU numbers end at 4095")]
    [InlineData("0-99999999999999999999", "\"0-99999999999999999999\": CPU numbers end at 4095")]
    [InlineData("3-1", "\"3-1\": the range is reversed; write 1-3")]
    [InlineData("0-10:2/3", "\"0-10:2/3\": strides (\":used/group\") are not supported; list the CPUs")]
    [InlineData("a", "\"a\" is neither a CPU number nor a range such as 0-3")]
    [InlineData("-1", "\"-1\" is neither a CPU number nor a range such as 0-3")]
    [InlineData("1-", "\"1-\" is neither a CPU number nor a range such as 0-3")]
    [InlineData("1-2-3", "\"1-2-3\" is neither a CPU number nor a range such as 0-3")]
    [InlineData("0,,1", "\"\" is neither a CPU number nor a range such as 0-3")]
    [InlineData("0,", "\"\" is neither a CPU number nor a range such as 0-3")]
    [InlineData("0, 1", "\" 1\" is neither a CPU number nor a range such as 0-3")]
    [InlineData("0\n", "\"0\n\" is neither a CPU number nor a range such as 0-3")]
    [InlineData("+1", "\"+1\" is neither a CPU number nor a range such as 0-3")]
    [InlineData("٣", "\"٣\" is neither a CPU number nor a range such as 0-3")]
    [InlineData("all", "\"all\" is neither a CPU number nor a range such as 0-3")]
    public void A_text_that_is_no_list_is_refused_with_the_part_that_is_wrong(string text, string expected)
    {
        var isList = CpuSet.TryParse(text, out var set, out var problem);

        Assert.False(isList);
        Assert.Equal(expected, problem);
        Assert.Equal(CpuSet.Empty, set);
    }

    [Fact]
    public void A_long_text_is_not_quoted_whole()
    {
        _ = CpuSet.TryParse(new string('x', 100_000), out _, out var problem);

        Assert.InRange(problem.Length, 1, 200);
    }

    [Fact]
    public void The_first_of_several_problems_is_told()
    {
        _ = CpuSet.TryParse("1,x,3-2", out _, out var problem);

        Assert.StartsWith("\"x\"", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Sets_are_combined_as_sets()
    {
        var low = Parse("0-70");
        var high = Parse("64-100,4000");

        Assert.Equal("64-70", low.Intersect(high).ToString());
        Assert.Equal("0-63", low.Except(high).ToString());
        Assert.Equal("71-100,4000", high.Except(low).ToString());
        Assert.Equal("0-100,4000", low.Union(high).ToString());
    }

    [Fact]
    public void Equal_sets_are_equal_however_they_were_made()
    {
        var parsed = Parse("0,1");
        var cut = Parse("0-1,4000").Except(Parse("4000"));

        Assert.Equal(parsed, cut);
        Assert.Equal(parsed.GetHashCode(), cut.GetHashCode());
        Assert.NotEqual(parsed, Parse("0-2"));
        Assert.Equal(CpuSet.Empty, parsed.Intersect(Parse("7")));
    }

    [Fact]
    public void A_set_knows_its_members_and_their_count()
    {
        var set = Parse("1-2,64,4095");

        Assert.Equal(4, set.Count);
        Assert.Equal([1, 2, 64, 4095], set.Numbers);
        Assert.True(set.Contains(64));
        Assert.False(set.Contains(65));
        Assert.False(set.Contains(-1));
        Assert.False(set.Contains(int.MaxValue));
        Assert.True(CpuSet.Empty.IsEmpty);
        Assert.Equal("", CpuSet.Empty.ToString());
    }

    [Theory]
    [InlineData("0", new byte[] { 1, 0, 0, 0, 0, 0, 0, 0 })]
    [InlineData("1,3", new byte[] { 10, 0, 0, 0, 0, 0, 0, 0 })]
    [InlineData("8,63", new byte[] { 0, 1, 0, 0, 0, 0, 0, 128 })]
    [InlineData("64", new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0 })]
    public void The_mask_has_a_bit_for_each_cpu_in_whole_words(string text, byte[] mask)
    {
        var set = Parse(text);

        Assert.Equal(mask, set.ToMask());
        Assert.Equal(set, CpuSet.FromMask(mask));
    }

    [Fact]
    public void The_last_cpu_has_the_last_bit_of_512_bytes()
    {
        var mask = Parse("4095").ToMask();

        Assert.Equal((512, 128), (mask.Length, mask[511]));
    }

    [Fact]
    public void Bits_above_the_last_cpu_of_a_mask_are_not_looked_at()
    {
        var mask = new byte[1024];
        mask[0] = 1;
        mask[512] = 255;

        Assert.Equal("0", CpuSet.FromMask(mask).ToString());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(4096)]
    public void A_number_that_is_no_cpu_is_refused(int number) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => CpuSet.Of(1, number));

    private static CpuSet Parse(string text)
    {
        Assert.True(CpuSet.TryParse(text, out var set, out var problem), problem);
        return set;
    }
}
