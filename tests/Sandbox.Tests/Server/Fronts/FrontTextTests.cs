using System.Text;
using System.Text.Json;
using Sandbox.Server.Fronts;
using Xunit;

namespace Sandbox.Tests.Server.Fronts;

public sealed class FrontTextTests
{
    private static string Repaired(string json) => Encoding.UTF8.GetString(FrontText.Repaired(Encoding.UTF8.GetBytes(json)).Span);

    [Theory]
    [InlineData("""{"a":"\ud83d\ude00 \u00e9 é"}""", null)]
    [InlineData("""{"a":"\ud83d"}""", """{"a":"\ufffd"}""")]
    [InlineData("""{"a":"\ude00\ud83d"}""", """{"a":"\ufffd\ufffd"}""")]
    [InlineData("""{"a":"\uD83D\uD83D\uDE00"}""", """{"a":"\ufffd\uD83D\uDE00"}""")]
    [InlineData("""{"a":"\\ud83d"}""", null)]
    [InlineData("""{"a":"\\\ud83d"}""", """{"a":"\\\ufffd"}""")]
    [InlineData("""{"a":"\udzzz \ud8"}""", null)]
    [InlineData("""{"a":"\ud7ff \ue000"}""", null)]
    [InlineData("\\", null)]
    [InlineData("\\ud800", "\\ufffd")]
    public void Half_of_a_character_is_replaced_and_nothing_else(string json, string? repaired) => Assert.Equal(repaired ?? json, Repaired(json));

    [Fact]
    public void Bytes_that_are_no_text_are_replaced()
    {
        byte[] json = [.. """{"a":"x"""u8, 0xff, 0xc3, .. "\"}"u8];

        Assert.Equal("x\uFFFD\uFFFD", JsonDocument.Parse(FrontText.Repaired(json)).RootElement.GetProperty("a").GetString());
    }

    [Fact]
    public void Whatever_comes_is_as_long_as_before_and_what_is_right_stays()
    {
        var mutator = new ByteMutator(["""{"a":"\ud83d\ude00\\\uD800","b":["\udc00"]}"""u8.ToArray()], ["\\"u8.ToArray(), """\udfff"""u8.ToArray()], new Random(17));
        foreach (var _ in Enumerable.Range(0, 5000))
        {
            var json = mutator.Next();
            var repaired = FrontText.Repaired(json);
            Assert.True(System.Text.Unicode.Utf8.IsValid(repaired.Span));
            Assert.True(!System.Text.Unicode.Utf8.IsValid(json) || repaired.Length == json.Length);
        }
    }
}
