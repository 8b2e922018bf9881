using System.Text.RegularExpressions;
using Xunit;

namespace Sandbox.Tests;

/// <summary>SECURITY.md promises nothing that no test proves: each promise names its tests, and they exist.</summary>
public sealed partial class SecurityPromisesTests
{
    private const string Heading = "| promise | proof |";

    [Fact]
    public void Every_promise_names_a_test()
    {
        var rows = PromiseRows();

        Assert.True(rows.Count > 100, $"only {rows.Count} promises were found in SECURITY.md");
        Assert.All(rows, row => Assert.True(TestName().IsMatch(row), $"no test is named in: {row}"));
    }

    [Fact]
    public void Every_test_that_a_promise_names_exists()
    {
        var methods = TestMethods();

        var missing = TestName().Matches(Repository.Read("SECURITY.md")).Select(match => match.Groups[1].Value).Where(name => !methods.Contains(name));

        Assert.Empty(missing);
    }

    [Fact]
    public void Every_promise_belongs_to_what_it_protects_and_is_made_once()
    {
        var groups = Promises().Split("\n### ");

        Assert.DoesNotContain("\n| ", groups[0], StringComparison.Ordinal);
        Assert.All(groups[1..], group => Assert.Contains(Heading, group, StringComparison.Ordinal));
        Assert.Empty(PromiseRows().GroupBy(row => row.Split('|')[1].Trim()).Where(promise => promise.Count() > 1).Select(promise => promise.Key));
    }

    private static string Promises() =>
        Repository.Read("SECURITY.md").Split("\n## ").Single(part => part.StartsWith("Promises", StringComparison.Ordinal));

    private static List<string> PromiseRows() =>
        [.. Promises().Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal) && line != Heading)];

    private static HashSet<string> TestMethods() =>
        [.. Repository.Sources("tests", "Tests.cs").SelectMany(path => Method().Matches(File.ReadAllText(path))
            .Select(match => $"{Path.GetFileNameWithoutExtension(path)}.{match.Groups[1].Value}"))];

    [GeneratedRegex(@"`([A-Z][A-Za-z0-9]*Tests\.[A-Za-z0-9_]+)`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"public (?:async Task|Task|void) ([A-Z][A-Za-z0-9_]*)\(")]
    private static partial Regex Method();
}
