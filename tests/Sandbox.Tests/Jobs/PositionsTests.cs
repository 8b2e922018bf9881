using System.Text;
using Sandbox.Jobs;
using Xunit;

namespace Sandbox.Tests.Jobs;

public sealed class PositionsTests
{
    [Theory]
    [InlineData("abc", 0, 1, 1)]
    [InlineData("abc", 2, 1, 3)]
    [InlineData("a\nbc", 2, 2, 1)]
    [InlineData("a\r\nbc", 4, 2, 2)]
    [InlineData("äö", 2, 1, 2)]
    [InlineData("\n😀x", 5, 2, 2)]
    [InlineData("ab", 99, 1, 3)]
    public void A_column_counts_characters_from_1(string text, long offset, int line, int column)
    {
        var position = Positions.Of(Encoding.UTF8.GetBytes(text), offset);

        Assert.Equal((line, column), position);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("/a", 6)]
    [InlineData("/a/1", 11)]
    [InlineData("/a/1/x~1y", 19)]
    [InlineData("/a/7", 6)]
    [InlineData("/b", 0)]
    [InlineData("/a/1/z", 11)]
    public void A_pointer_leads_to_its_value_or_the_nearest_around_it(string pointer, long expected)
    {
        var json = """{ "a":[ 1, { "x/y":2 } ] }"""u8;

        var offset = Positions.Find(json, pointer, JobReader.Options);

        Assert.Equal(expected, offset);
    }
}
