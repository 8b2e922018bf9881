using Sandbox.Text;
using Xunit;

namespace Sandbox.Tests.Planning;

public sealed class WordsTests
{
    [Theory]
    [InlineData("/usr/bin/python3", "/usr/bin/python3")]
    [InlineData("", "\"\"")]
    [InlineData("two words", "\"two words\"")]
    [InlineData("a\"b\\c", "\"a\\\"b\\\\c\"")]
    [InlineData("\u001b[31m", "\"\\u001b[31m\"")]
    [InlineData("\u009b31m", "\"\\u009b31m\"")]
    [InlineData("line\nline", "\"line\\u000aline\"")]
    [InlineData("\u202etxt.exe", "\"\\u202etxt.exe\"")]
    [InlineData("\u2066a\u2069", "\"\\u2066a\\u2069\"")]
    [InlineData("a\u200fb\u061c", "\"a\\u200fb\\u061c\"")]
    [InlineData("a\u2028b\u2029", "\"a\\u2028b\\u2029\"")]
    [InlineData("a\u200bb\u200d\ufeff", "\"a\\u200bb\\u200d\\ufeff\"")]
    [InlineData("soft\u00adhyphen", "\"soft\\u00adhyphen\"")]
    [InlineData("a\u00a0b\u3000", "\"a\\u00a0b\\u3000\"")]
    [InlineData("a\u3164\u115f\u2800", "\"a\\u3164\\u115f\\u2800\"")]
    [InlineData("a\ufe0f\u034f", "\"a\\ufe0f\\u034f\"")]
    [InlineData("a\ufffdb", "\"a\\ufffdb\"")]
    [InlineData("\ue000\u0378", "\"\\ue000\\u0378\"")]
    [InlineData("\U000e0041", "\"\\udb40\\udc41\"")]
    [InlineData("\U000f0000", "\"\\udb80\\udc00\"")]
    [InlineData("\u007f", "\"\\u007f\"")]
    [InlineData("prüfung", "\"prüfung\"")]
    [InlineData("計算😀", "\"計算😀\"")]
    public void A_word_is_quoted_where_it_could_be_misread(string word, string shown) => Assert.Equal(shown, Words.Quote(word));

    [Fact]
    public void A_long_word_is_cut() => Assert.Equal("\"" + new string('a', 256) + "…\"", Words.Quote(new string('a', 300)));

    // An attribute is kept as UTF-8, which has no half of a pair.
    [Fact]
    public void Half_of_a_pair_is_shown_as_what_it_is() => Assert.Equal("\"a\\ud800b\\udc00\"", Words.Quote("a\ud800b\udc00"));

    [Fact]
    public void A_name_in_a_list_is_never_cut() => Assert.Equal(new string('a', 5000), Words.QuoteWhole(new string('a', 5000)));

    [Fact]
    public void A_character_is_never_cut_in_half()
    {
        var shown = Words.Quote(new string('a', 255) + "😀b");

        Assert.Equal("\"" + new string('a', 255) + "…\"", shown);
    }

    [Theory]
    [InlineData("cannot bind /a: EACCES", "cannot bind /a: EACCES")]
    [InlineData("it is \"a\\u202e\"", "it is \"a\\u202e\"")]
    [InlineData("a\u202eb\n\tc", "a\\u202eb\\u000a\\u0009c")]
    [InlineData("übel 😀", "übel 😀")]
    public void A_sentence_shows_what_came_into_it(string sentence, string shown) => Assert.Equal(shown, Words.Printable(sentence));

    [Fact]
    public void Of_every_character_there_is_none_is_hidden_in_what_is_shown()
    {
        for (var value = 0; value <= 0x10FFFF; value++)
        {
            var word = value is >= 0xD800 and <= 0xDFFF ? ((char)value).ToString() : char.ConvertFromUtf32(value);

            Assert.DoesNotContain(Words.Quote(word).EnumerateRunes(), Words.IsHidden);
            Assert.DoesNotContain(Words.Printable(word).EnumerateRunes(), Words.IsHidden);
        }
    }

    [Fact]
    public void Two_names_are_never_shown_the_same()
    {
        string[] names = ["a b", "a\u00a0b", "a\\u00a0b", "\"a b\"", "a\nb", "a\\nb", "a\\u000ab", "a", "\"a\"", "", "\"\""];

        Assert.Equal(names.Length, names.Select(name => Words.Quote(name)).Distinct().Count());
    }
}
