using System.Text;
using System.Text.RegularExpressions;
using Sandbox.KernelTests;
using Xunit;

namespace Sandbox.Tests.Documents;

/// <summary>Documents keep to what CONTRIBUTING.md, "Documents", says of them.</summary>
public sealed partial class PageTests
{
    private static readonly string[] s_languages = ["sh", "console", "json"];

    [Fact]
    public void README_is_short() => Assert.InRange(Encoding.UTF8.GetByteCount(Repository.Read("README.md")), 2_000, 10_240);

    [Fact]
    public void README_leads_to_every_page_of_the_reference()
    {
        var links = Links("README.md").Select(link => link.Path).ToHashSet();
        var alone = Pages.All.Where(page => page.StartsWith("docs/", StringComparison.Ordinal) && !links.Contains(page));

        Assert.Empty(alone);
    }

    [Fact]
    public void Every_link_leads_to_a_file_and_a_heading()
    {
        var dead = Pages.All.SelectMany(Links).Where(link =>
            !Path.Exists(Repository.PathOf(link.Path)) || (link.Anchor.Length > 0 && !Pages.Anchors(link.Path).Contains(link.Anchor)));

        Assert.Empty(dead.Select(link => $"{link.Page}: {link.Path}#{link.Anchor}"));
    }

    [Fact]
    public void Every_command_in_a_block_is_run_or_says_why_not()
    {
        var wrong = Blocks().Where(block => s_languages.Contains(block.Language) && !(block.Mark switch
        {
            "run" => block.Rest.Length == 0 && IsRunPage(block.Page) && Directory.Exists(Repository.PathOf(block.Directory)),
            "skip:" => block.Rest.Length > 0,
            "elsewhere:" => File.Exists(Repository.PathOf(block.Rest)) && Repository.Read(block.Rest).Contains(block.Page, StringComparison.Ordinal),
            "file:" => Repository.Read(block.Rest) == block.Text + "\n",
            _ => false,
        }));

        Assert.Empty(wrong.Select(block => $"{block}: \"{block.Language} {block.Mark} {block.Rest}\""));
    }

    [Fact]
    public void Enough_blocks_are_run()
    {
        Assert.True(Blocks().Count(block => block.Runs) >= 20, "only a few blocks are run");
    }

    [Theory]
    [InlineData("a 12 ms b\n", "a 7.25 ms  b", true)]
    [InlineData("a\n…\nz\n", "a\nb\nc\nz\n", true)]
    [InlineData("a\n…\nz\n", "a\nz\n", true)]
    [InlineData("a … z\n", "a b z\n", true)]
    [InlineData("a\n…\nz\n", "a\nb\n", false)]
    [InlineData("a\nb\n", "a\n", false)]
    [InlineData("a\n", "a\nb\n", false)]
    [InlineData("1 accepted\n", "1 refused\n", false)]
    public void What_is_printed_is_compared_but_for_figures_and_ellipses(string expected, string printed, bool matches) =>
        Assert.Equal(matches, PrintedOutput.Matches(expected, printed));

    // Those that travel with the kernel tests (Sandbox.KernelTests.csproj).
    private static bool IsRunPage(string page) =>
        page == "README.md" || page.StartsWith("docs/", StringComparison.Ordinal) || page is "policies/README.md" or "examples/README.md";

    private static IEnumerable<CodeBlock> Blocks() => Pages.All.SelectMany(page => CodeBlock.Of(page, Repository.Read(page)));

    private static IEnumerable<(string Page, string Path, string Anchor)> Links(string page) =>
        from link in Link().Matches(Code().Replace(Pages.Prose(page), ""))
        let target = link.Groups[1].Value
        where !target.Contains("://", StringComparison.Ordinal)
        let parts = target.Split('#', 2)
        let path = parts[0].Length == 0 ? page : Path.GetRelativePath(Repository.Root, Repository.PathOf(Path.Combine(Place(page), parts[0])))
        select (page, path, parts.ElementAtOrDefault(1) ?? "");

    // In the release this one lies where README lies in the sources.
    private static string Place(string page) => page == "packaging/archive/README.md" ? "" : Path.GetDirectoryName(page)!;

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("`[^`\n]*`")]
    private static partial Regex Code();
}
