using System.Text;
using Sandbox.Policies;
using Sandbox.Tests.Cli;
using Xunit;

namespace Sandbox.Tests.Policies;

public sealed class PolicyLibraryTests
{
    public static TheoryData<string> Names => [.. PolicyLibrary.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_built_in_policy_says_in_one_line_what_it_is_for(string name) =>
        Assert.Matches("^[A-Z][^\\n]{20,120}[^.\\n]$", PolicyLibrary.Description(name));

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("other.json")]
    [InlineData("../default")]
    public void A_policy_that_may_extend_built_in_ones_only_reads_no_file(string extends)
    {
        var policy = new InlinePolicy { Json = Encoding.UTF8.GetBytes($$"""{ "extends": "{{extends}}" }"""), ExtendsBuiltInOnly = true };

        var problem = Assert.Single(Assert.Throws<InvalidJobException>(() => PolicyStore.Load(policy, PolicyVariant.None)).Problems);

        Assert.Equal(("/seccomp/extends", "this policy may extend a built-in one, and no file"), (problem.Pointer, problem.Message));
    }

    [Fact]
    public async Task The_list_tells_the_name_and_the_purpose_of_each()
    {
        var run = await CommandRun.Of(["policy", "list"], "", TestContext.Current.CancellationToken);

        Assert.Equal((0, ""), (run.ExitStatus, run.Error));
        Assert.Equal(
            PolicyLibrary.Names.Select(name => (name, PolicyLibrary.Description(name))),
            run.Output.TrimEnd('\n').Split('\n').Select(line => line.Split(' ', 2)).Select(parts => (parts[0], parts[1].Trim())));
    }
}
