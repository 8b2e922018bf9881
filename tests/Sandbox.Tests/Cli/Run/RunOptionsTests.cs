using Sandbox.Cli;
using Sandbox.Cli.Run;
using Xunit;

namespace Sandbox.Tests.Cli.Run;

public sealed class RunOptionsTests
{
    public static TheoryData<string> Names => [.. RunOptions.All.Select(option => option.Name)];

    [Fact]
    public void No_two_options_share_a_name()
    {
        string[] names = [.. RunOptions.All.SelectMany(option => new[] { option.Name, option.Alias, option.Letter == '\0' ? null : $"{option.Letter}" }).OfType<string>()];

        Assert.Equal(names.Distinct(), names);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_option_is_in_the_help_and_the_documentation(string name)
    {
        var page = File.ReadAllText(Repository.PathOf("docs/run.md"));

        Assert.Contains($"--{name}", CommandHelp.Of("run"), StringComparison.Ordinal);
        Assert.Contains($"--{name}", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_member_of_a_job_file_has_an_option()
    {
        // Lists have no member of their own in the table; what sets them is tested one by one.
        // Descriptors are pipes to other processes of a job, and a command line has one process.
        string[] lists = ["command", "env", "mounts", "files", "outputs", "limits", "descriptors"];
        var pointers = RunOptions.All.Select(option => option.Member).ToHashSet();
        Assert.All(Sandbox.Jobs.Members.Job.Except(lists), member => Assert.Contains("/" + member, pointers));
        Assert.All(Sandbox.Jobs.LimitTable.Names, limit => Assert.Contains("/limits/" + limit, pointers));
    }

    [Fact]
    public void The_help_fits_and_ends_no_sentence_with_a_full_stop()
    {
        Assert.All(RunOptions.All, option =>
        {
            Assert.False(option.Help.EndsWith('.'), option.Name);
            Assert.InRange(option.Help.Length, 10, 140);
        });
    }
}
