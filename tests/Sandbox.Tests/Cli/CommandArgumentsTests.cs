using Sandbox.Cli;
using Xunit;

namespace Sandbox.Tests.Cli;

public sealed class CommandArgumentsTests
{
    private static readonly Command s_command = CommandTable.WithName("exec")!;

    [Theory]
    [InlineData("job.json", "job.json", null)]
    [InlineData("- --result=out.json", "-", "out.json")]
    [InlineData("--result=a=b x", "x", "a=b")]
    [InlineData("x --result a y", "x y", "a")]
    [InlineData("--result a --result b x", "x", "b")]
    [InlineData("--result -- x", "x", "--")]
    [InlineData("-- -x.json", "-x.json", null)]
    [InlineData("-- --a=b -", "--a=b -", null)]
    [InlineData("a=b.json", "a=b.json", null)]
    public void Options_may_stand_anywhere_before_two_dashes(string given, string words, string? result)
    {
        Assert.Null(CommandArguments.Parse(s_command, given.Split(' '), out var parsed));

        Assert.Equal(words.Split(' '), parsed.Words);
        Assert.Equal(result, parsed.Value("result"));
    }

    [Theory]
    [InlineData("-j 4 x")]
    [InlineData("x -j4")]
    [InlineData("-j=4 x")]
    [InlineData("--jobs 4 x")]
    [InlineData("-j 3 x --jobs=4")]
    public void An_option_with_a_letter_is_written_either_way(string given)
    {
        Assert.Null(CommandArguments.Parse(CommandTable.WithName("batch")!, given.Split(' '), out var parsed));

        Assert.Equal(["x"], parsed.Words);
        Assert.Equal("4", parsed.Value("jobs"));
    }

    [Theory]
    [InlineData("x --help", true)]
    [InlineData("-h", true)]
    [InlineData("-- --help", false)]
    [InlineData("x", false)]
    public void Help_is_asked_for_before_two_dashes(string given, bool asked) =>
        Assert.Equal(asked, CommandArguments.AskForHelp(given.Split(' ')));
}
