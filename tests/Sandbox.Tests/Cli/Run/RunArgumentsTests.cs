using Sandbox.Cli.Run;
using Xunit;

namespace Sandbox.Tests.Cli.Run;

public sealed class RunArgumentsTests
{
    [Theory]
    [InlineData("ls -v x --rm", "", "ls|-v|x|--rm")]
    [InlineData("-- ls", "", "ls")]
    [InlineData("-- -v", "", "-v")]
    [InlineData("-i -- -- x", "-i", "--|x")]
    [InlineData("-i sh -- -v", "-i", "sh|--|-v")]
    [InlineData("tar -xf=a --file=b -it", "", "tar|-xf=a|--file=b|-it")]
    [InlineData("-i - x", "-i", "-|x")]
    [InlineData("-i", "-i", "")]
    [InlineData("--rm @file", "--rm", "@file")]
    public void Options_end_at_the_first_word_that_is_none(string words, string options, string command)
    {
        var given = RunArguments.Parse(words.Split(' '));

        Assert.Empty(given.Problems);
        Assert.Equal(options, string.Join('|', given.Options.Select(option => option.Words)));
        Assert.Equal(command, string.Join('|', given.Command));
    }

    [Theory]
    [InlineData("-v a:/b -v c:/d x", "-v a:/b|-v c:/d")]
    [InlineData("--volume=a:/b --volume c:/d x", "--volume a:/b|--volume c:/d")]
    [InlineData("-va:/b x", "-v a:/b")]
    [InlineData("-m256m -m=1g -m 2g x", "-m 256m|-m 1g|-m 2g")]
    [InlineData("-im256m x", "-i|-m 256m")]
    [InlineData("-iw /x x", "-i|-w /x")]
    [InlineData("-w -- x", "-w --")]
    [InlineData("-w -i x", "-w -i")]
    [InlineData("--name= x", "--name")]
    [InlineData("--file=/a=b=c x", "--file /a=b=c")]
    [InlineData("--rm=true -i=true x", "--rm|-i")]
    [InlineData("--net host --processes 4 x", "--net host|--processes 4")]
    public void A_value_is_attached_or_the_next_word(string words, string options)
    {
        var given = RunArguments.Parse(words.Split(' '));

        Assert.Empty(given.Problems);
        Assert.Equal(options, string.Join('|', given.Options.Select(option => option.Words)));
        Assert.Equal(["x"], given.Command);
    }

    [Fact]
    public void An_empty_word_is_the_command_and_an_empty_value_a_value()
    {
        var given = RunArguments.Parse(["-w", "", "", "-i"]);

        Assert.Equal("", Assert.Single(given.Options).Value);
        Assert.Equal(["", "-i"], given.Command);
    }

    [Theory]
    [InlineData("--volum a:/b x", "unknown option --volum; did you mean --volume?")]
    [InlineData("--xyzzy x", "unknown option --xyzzy; \"sandbox run --help\" lists them")]
    [InlineData("-ix sh", "unknown option -x; \"sandbox run --help\" lists them (in -ix)")]
    [InlineData("-x sh", "unknown option -x; \"sandbox run --help\" lists them")]
    [InlineData("--memory", "--memory needs a value: SIZE")]
    [InlineData("-im", "-m needs a value: SIZE")]
    [InlineData("--rm=false x", "--rm=false: leave it out instead")]
    [InlineData("-i=no x", "-i takes no value")]
    [InlineData("-P x", "-P: name each port: -p PORT chooses one of the host that is free")]
    [InlineData("--privileged x", "--privileged: a job never has privileges on the host")]
    public void What_cannot_be_understood_is_told(string words, string problem)
    {
        var given = RunArguments.Parse(words.Split(' '));

        Assert.Equal(problem, Assert.Single(given.Problems));
    }

    [Fact]
    public void An_unknown_option_never_becomes_the_command()
    {
        var given = RunArguments.Parse(["-i", "--volum", "a:/b", "sh"]);

        Assert.Empty(given.Command);
        Assert.NotEmpty(given.Problems);
    }
}
