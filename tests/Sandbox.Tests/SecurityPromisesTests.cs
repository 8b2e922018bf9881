using System.Text.RegularExpressions;
using Xunit;

namespace Sandbox.Tests;

/// <summary>SECURITY.md promises nothing that no test proves: each promise names its tests, and they exist.</summary>
public sealed partial class SecurityPromisesTests
{
    [Fact]
    public void Every_promise_names_a_test()
    {
        var rows = PromiseRows();

        Assert.True(rows.Count > 20, $"only {rows.Count} promises were found in SECURITY.md");
        Assert.All(rows, row => Assert.True(TestName().IsMatch(row), $"no test is named in: {row}"));
    }

    [Fact]
    public void Every_test_that_a_promise_names_exists()
    {
        var methods = TestMethods();

        var missing = TestName().Matches(Repository.Read("SECURITY.md")).Select(match => match.Groups[1].Value).Where(name => !methods.Contains(name));

        Assert.Empty(missing);
    }

    private static List<string> PromiseRows()
    {
        var section = Repository.Read("SECURITY.md").Split("\n## ").Single(part => part.StartsWith("Promises", StringComparison.Ordinal));
        return [.. section.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1)];
    }

    private static HashSet<string> TestMethods() =>
        [.. Repository.Sources("tests", "Tests.cs").SelectMany(path => Method().Matches(File.ReadAllText(path))
            .Select(match => $"{Path.GetFileNameWithoutExtension(path)}.{match.Groups[1].Value}"))];

    [GeneratedRegex(@"`([A-Z][A-Za-z0-9]*Tests\.[A-Za-z0-9_]+)`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"public (?:async Task|Task|void) ([A-Z][A-Za-z0-9_]*)\(")]
    private static partial Regex Method();
}
