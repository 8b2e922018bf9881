using Sandbox.Planning;
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
    public void A_word_is_quoted_where_it_could_be_misread(string word, string shown) => Assert.Equal(shown, Words.Quote(word));

    [Fact]
    public void A_long_word_is_cut() => Assert.Equal("\"" + new string('a', 256) + "…\"", Words.Quote(new string('a', 300)));
}
