using Sandbox.Jobs;
using Xunit;

namespace Sandbox.Tests.Jobs;

public sealed class SuggestionsTests
{
    [Theory]
    [InlineData("comand", "command")]
    [InlineData("commandd", "command")]
    [InlineData("cmomand", "command")]
    [InlineData("Command", "command")]
    [InlineData("working_directory", "workingDirectory")]
    [InlineData("environment", null)]
    [InlineData("x", null)]
    [InlineData("", null)]
    public void The_nearest_name_is_found_and_a_far_one_is_not(string name, string? expected)
    {
        var suggestion = Suggestions.For(name, Members.Job);

        Assert.Equal(expected, suggestion);
    }

    [Fact]
    public void The_same_name_in_other_case_wins_over_a_nearer_spelling()
    {
        var suggestion = Suggestions.For("CPUS", ["cpu", "cpus"]);

        Assert.Equal("cpus", suggestion);
    }
}
