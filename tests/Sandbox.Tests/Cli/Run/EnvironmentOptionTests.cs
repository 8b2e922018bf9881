using Xunit;

namespace Sandbox.Tests.Cli.Run;

public sealed class EnvironmentOptionTests
{
    [Fact]
    public void A_variable_has_its_value_or_the_callers()
    {
        var env = Request.Job("-e", "A=1=2", "--env", "B=", "-eC= x ", "-e", "HOME", "-e", "EMPTY").Env;

        Assert.Equal(new Dictionary<string, string> { ["A"] = "1=2", ["B"] = "", ["C"] = " x ", ["HOME"] = "/home/me", ["EMPTY"] = "" }, env);
    }

    [Fact]
    public void Nothing_of_the_caller_is_passed_on_by_itself() =>
        Assert.Empty(Request.Job().Env);

    [Theory]
    [InlineData("ABSENT", "-e ABSENT: ABSENT is not set: give it a value, ABSENT=VALUE")]
    [InlineData("=x", "must be NAME=VALUE or NAME")]
    [InlineData("", "must be NAME=VALUE or NAME")]
    [InlineData("A B=x", "a name has no spaces")]
    public void A_variable_that_is_wrong_says_why(string value, string problem) =>
        Assert.Contains(problem, Request.Problems("-e", value), StringComparison.Ordinal);

    [Fact]
    public void A_file_of_variables_is_read_by_dockers_rules()
    {
        using var directory = new TemporaryDirectory();
        var file = directory.Write("env", "\uFEFFA=1\r\n\n# comment\n  # another\n B=\"x # y\"\nHOME\nA=2\nC=3 \n");

        var env = Request.Job("--env-file", file).Env;

        Assert.Equal(new Dictionary<string, string> { ["A"] = "2", ["B"] = "\"x # y\"", ["HOME"] = "/home/me", ["C"] = "3 " }, env);
    }

    [Fact]
    public void An_option_wins_over_a_file_whichever_came_first()
    {
        using var directory = new TemporaryDirectory();
        var file = directory.Write("env", "A=file\nB=file\n");

        var env = Request.Job("-e", "A=option", "--env-file", file).Env;

        Assert.Equal(new Dictionary<string, string> { ["A"] = "option", ["B"] = "file" }, env);
    }

    [Theory]
    [InlineData("A=1\nABSENT\n", "line 2: ABSENT is not set")]
    [InlineData("A b=1\n", "line 1: must be NAME=VALUE or NAME")]
    public void A_line_that_is_wrong_is_named(string content, string problem)
    {
        using var directory = new TemporaryDirectory();

        Assert.Contains(problem, Request.Problems("--env-file", directory.Write("env", content)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_cannot_be_read_says_why()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes($"{directory.Path}/bytes", [(byte)'A', (byte)'=', 0xFF]);

        Assert.Contains("cannot be read: no such file", Request.Problems("--env-file", "/nowhere/env"), StringComparison.Ordinal);
        Assert.Contains("is not UTF-8", Request.Problems("--env-file", $"{directory.Path}/bytes"), StringComparison.Ordinal);
    }
}
