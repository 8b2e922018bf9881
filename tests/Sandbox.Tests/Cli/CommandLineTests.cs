using Sandbox.Cli;
using Xunit;

namespace Sandbox.Tests.Cli;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("exec job.json", "exec job.json")]
    [InlineData("exec - --result=out.json", "exec - --result out.json")]
    [InlineData("exec --result=a=b x", "exec --result a=b x")]
    [InlineData("exec -- -x.json", "exec ./-x.json")]
    [InlineData("exec -- --a=b -", "exec ./--a=b -")]
    [InlineData("exec a=b.json", "exec a=b.json")]
    public void Arguments_are_brought_into_the_form_the_framework_knows(string given, string expected)
    {
        var normalised = CommandLine.Normalise(given.Split(' '));

        Assert.Equal(expected.Split(' '), normalised);
    }
}
