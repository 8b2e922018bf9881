using Sandbox.Cli.Isolate;
using Xunit;

namespace Sandbox.Tests.Cli.Isolate;

/// <summary>The rules of <c>--dir</c>.</summary>
public sealed class DirectoryRuleTests
{
    private static DirectoryRule Rule(string text) => DirectoryRule.Parse(text, out var problem) ?? throw new InvalidOperationException(problem);

    [Fact]
    public void A_directory_alone_is_shown_where_it_is()
    {
        Assert.Equal(new() { Inside = "etc", Outside = "/etc", Kind = RuleKind.Bind, IsNoExec = true }, Rule("/etc:noexec"));
        Assert.Equal(new() { Inside = "etc/alternatives", Outside = "/etc/alternatives", Kind = RuleKind.Bind, IsOptional = true, IsAlone = true }, Rule("etc/alternatives/:norec:maybe"));
    }

    [Fact]
    public void A_directory_can_be_shown_elsewhere()
    {
        Assert.Equal(new() { Inside = "tmp", Outside = "/path/home", Kind = RuleKind.Bind, IsWritable = true }, Rule("/tmp=/path/home:rw"));
        Assert.Equal(new() { Inside = "x", Outside = "./x", Kind = RuleKind.Bind, HasDevices = true }, Rule("x=./x:dev"));
    }

    [Fact]
    public void A_file_system_and_a_fresh_directory_have_no_path()
    {
        Assert.Equal(new() { Inside = "shm", Outside = "tmpfs", Kind = RuleKind.FileSystem, IsWritable = true }, Rule("shm=tmpfs:fs:rw"));
        Assert.Equal(new() { Inside = "a/b", Kind = RuleKind.Temporary, IsWritable = true }, Rule("a//b:tmp"));
        Assert.Equal(new() { Inside = "tmp", Kind = RuleKind.Removed }, Rule("tmp="));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("..")]
    [InlineData("a/..")]
    [InlineData("a=b")]
    [InlineData("a=../b")]
    [InlineData("a:fs")]
    [InlineData("a=:fs")]
    [InlineData("a=/proc:fs")]
    [InlineData("a=tmpfs:fs:tmp")]
    [InlineData("a=/b:tmp")]
    [InlineData("a:")]
    [InlineData("a:RW")]
    public void What_makes_no_sense_is_refused(string text) => Assert.Null(DirectoryRule.Parse(text, out _));

    [Fact]
    public void A_rule_takes_the_place_of_an_earlier_one()
    {
        var rules = DirectoryRule.InForce([Rule("new"), Rule("tmp=/home:rw"), Rule("lib64="), Rule("new=/other")], withDefaults: true);

        Assert.Equal(["box", "bin", "dev", "dev/shm", "lib", "proc", "tmp", "usr", "new"], rules.Select(static rule => rule.Inside));
        Assert.Equal(("/home", "/other"), (rules[6].Outside, rules[8].Outside));
    }

    [Fact]
    public void Without_the_defaults_only_given_rules_are_there()
    {
        var rules = DirectoryRule.InForce([Rule("tmp=/home"), Rule("x"), Rule("x=")], withDefaults: false);

        Assert.Equal(["tmp"], rules.Select(static rule => rule.Inside));
    }
}
