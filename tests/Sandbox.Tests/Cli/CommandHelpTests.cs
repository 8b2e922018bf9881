using System.Text.RegularExpressions;
using Sandbox.Cli;
using Xunit;

namespace Sandbox.Tests.Cli;

public sealed class CommandHelpTests
{
    public static TheoryData<string> Names => [.. CommandTable.All.Select(command => command.Name), .. CommandTable.Groups.Select(group => group.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Help_speaks_in_words_and_not_in_types(string name)
    {
        var help = CommandHelp.Of(name);

        Assert.StartsWith("Usage: sandbox " + name, help, StringComparison.Ordinal);
        Assert.DoesNotMatch(new Regex("<[a-z]+|Nullable|[Ss]tring|\\[Default"), help.Replace("<(sandbox", "", StringComparison.Ordinal));
        Assert.All(help.Split('\n'), line => Assert.True(line.Length <= 160, line));
    }

    [Fact]
    public void The_overview_names_every_command_in_one_line()
    {
        var lines = CommandHelp.Overview().Split('\n');

        Assert.All(CommandTable.Groups, group => Assert.Single(lines, line => line.StartsWith($"  {group.Name} ", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_help_of_a_group_names_its_own_commands_only()
    {
        var help = CommandHelp.Of("image");

        Assert.All(CommandTable.All, command => Assert.Equal(command.Group == "image", help.Contains("  " + command.Name + " ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_command_has_an_example_which_begins_with_it_or_leads_to_it() =>
        Assert.All(CommandTable.All.Where(command => command.Name != "run"), command => Assert.Contains(command.Examples, example => example.Contains("sandbox " + command.Name, StringComparison.Ordinal)));
}
