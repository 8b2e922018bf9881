using Xunit;

namespace Sandbox.Tests;

/// <summary>docs/toolchains.md is of the toolchains that tests/toolchains holds, and of the commands that stand there.</summary>
public sealed class ToolchainTableTests
{
    private static readonly string[] s_policies = ["default", "judge", "build"];

    [Fact]
    public void The_table_lists_every_toolchain_with_its_commands()
    {
        var expected = Definitions().Select(toolchain => $"{toolchain["title"]}|{Code(toolchain.GetValueOrDefault("compile"))}|{Code(toolchain["run"])}");

        var listed = Rows().Select(row => $"{row[0]}|{row[2]}|{row[3]}");

        Assert.Equal(expected, listed);
    }

    [Fact]
    public void The_matrix_has_at_least_forty_toolchains() => Assert.True(Definitions().Count() >= 40);

    [Fact]
    public void What_the_table_says_of_a_policy_is_yes_or_a_note_that_a_toolchain_has()
    {
        var cells = Definitions().Zip(Rows()).SelectMany(pair => s_policies.Select((policy, column) => (Name: pair.First["title"], Has: pair.First.ContainsKey(policy), Says: pair.Second[4 + column])));

        Assert.All(cells, cell => Assert.True(cell.Has ? cell.Says.EndsWith("](#notes)", StringComparison.Ordinal) : cell.Says == "yes", $"{cell.Name}: {cell.Says}"));
    }

    [Fact]
    public void No_toolchain_says_what_nobody_reads()
    {
        string[] known = ["title", "packages", "needs", "version", "compile", "run", "only", .. s_policies];

        Assert.All(Definitions(), toolchain => Assert.Empty(toolchain.Keys.Except(known)));
        Assert.All(Definitions(), toolchain => Assert.Subset(toolchain.Keys.ToHashSet(), new HashSet<string> { "title", "packages", "needs", "run" }));
    }

    private static string Code(string? command) => string.IsNullOrEmpty(command) ? "" : $"`{command.Replace("|", "\\|", StringComparison.Ordinal)}`";

    private static IEnumerable<Dictionary<string, string>> Definitions() =>
        Directory.EnumerateFiles(Repository.PathOf("tests/toolchains"), "toolchain", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(file =>
            File.ReadLines(file).Select(line => line.Split(" =", 2)).ToDictionary(parts => parts[0], parts => parts[1].Trim(), StringComparer.Ordinal));

    // A bar within a command is written \|.
    private static IEnumerable<string[]> Rows() =>
        Repository.Read("docs/toolchains.md").Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1)
            .Select(line => line.Replace("\\|", "\0", StringComparison.Ordinal).Trim('|').Split('|').Select(cell => cell.Trim().Replace("\0", "\\|", StringComparison.Ordinal)).ToArray());
}
