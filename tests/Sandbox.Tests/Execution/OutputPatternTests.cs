using System.Diagnostics;
using Sandbox.Execution;
using Xunit;

namespace Sandbox.Tests.Execution;

public sealed class OutputPatternTests : IDisposable
{
    private readonly TemporaryFolder _job = new();
    private readonly TemporaryFolder _host = new();

    [Fact]
    public void A_star_stays_within_its_folder_and_finds_no_hidden_file()
    {
        _job.Write("work/b.log", "");
        _job.Write("work/a.log", "");
        _job.Write("work/.c.log", "");
        _job.Write("work/a.txt", "");
        _job.Write("work/sub/d.log", "");

        var collected = Collect("/work/*.log", "logs/");

        Assert.Equal(["/work/a.log", "/work/b.log"], collected.Outputs.Select(output => output.Path));
        Assert.Equal($"{_host.Path}/logs/a.log", collected.Outputs[0].To);
    }

    [Fact]
    public void Hidden_files_are_found_by_a_pattern_that_begins_with_a_dot()
    {
        _job.Write("work/.hidden", "");

        Assert.Equal("/work/.hidden", Assert.Single(Collect("/work/.h*", "x/").Outputs).Path);
    }

    [Fact]
    public void A_pattern_may_stand_for_a_folder_in_the_middle()
    {
        _job.Write("work/one/r.txt", "1");
        _job.Write("work/two/r.md", "2");
        _job.Write("work/file", "3");

        var collected = Collect("/work/*/r.txt", "x");

        Assert.Equal("/work/one/r.txt", Assert.Single(collected.Outputs).Path);
        Assert.Empty(collected.Errors);
    }

    [Fact]
    public void A_linked_folder_in_the_middle_is_reported_and_not_entered()
    {
        _job.Write("work/one/r.txt", "1");
        File.CreateSymbolicLink($"{_job.Path}/work/two", "/etc");

        var collected = Collect("/work/*/r.txt", "x/");

        Assert.Equal("/work/one/r.txt", Assert.Single(collected.Outputs).Path);
        Assert.Equal("a folder of its path is a symbolic link", Assert.Single(collected.Errors).Error);
    }

    [Fact]
    public void Links_that_match_are_refused_and_the_rest_is_collected()
    {
        _job.Write("work/a.log", "");
        File.CreateSymbolicLink($"{_job.Path}/work/b.log", "/etc/hostname");

        var collected = Collect("/work/*.log", "x/");

        Assert.Equal("/work/a.log", Assert.Single(collected.Outputs).Path);
        Assert.Equal("/work/b.log", collected.Required?.Path);
    }

    [Fact]
    public void Folders_that_match_are_not_meant()
    {
        _job.Write("work/a.log/b", "");
        _job.Write("work/c.log", "");

        var collected = Collect("/work/*.log", "x/");

        Assert.Equal("/work/c.log", Assert.Single(collected.Outputs).Path);
        Assert.Empty(collected.Errors);
    }

    [Fact]
    public void Several_matches_need_a_folder()
    {
        _job.Write("work/a", "");
        _job.Write("work/b", "");

        var collected = Collect("/work/*", "x");

        Assert.Equal("2 files match, but 'to' names a single file: end it with '/' for a folder", Assert.Single(collected.Errors).Error);
        Assert.Empty(collected.Outputs);
    }

    [Fact]
    public void Two_files_of_one_name_do_not_overwrite_each_other()
    {
        _job.Write("work/a/r", "first");
        _job.Write("work/b/r", "second");

        var collected = Collect("/work/*/r", "x/");

        Assert.Equal("first", _host.Read("x/r"));
        Assert.Equal("/work/b/r", Assert.Single(collected.Errors).Path);
    }

    [Fact]
    public void Nothing_that_matches_is_an_error_of_a_required_output() =>
        Assert.Equal("nothing matches", Collect("/work/*", "x/").Required?.Error);

    [Fact]
    public void A_name_that_is_no_utf8_is_refused()
    {
        Directory.CreateDirectory($"{_job.Path}/work");
        Shell($"printf x > {_job.Path}/work/\"$(printf '\\377')\"");

        var collected = Collect("/work/*", "x/");

        // The framework cannot name the file either, not even to delete it.
        Shell($"rm -r {_job.Path}/work");
        Assert.Equal("its name is not UTF-8", Assert.Single(collected.Errors).Error);
    }

    [Fact]
    public void A_name_with_a_line_end_arrives_as_it_is()
    {
        _job.Write("work/a\nb", "x");

        Collect("/work/a*", "x/");

        Assert.Equal("x", _host.Read("x/a\nb"));
    }

    [Fact]
    public void The_longest_name_can_be_collected()
    {
        var name = new string('n', 255);
        _job.Write($"work/{name}", "x");

        Collect("/work/n*", "x/");

        Assert.Equal("x", _host.Read($"x/{name}"));
    }

    [Theory]
    [InlineData("*", "", true)]
    [InlineData("*", "abc", true)]
    [InlineData("a*c", "abbc", true)]
    [InlineData("a*c", "ac", true)]
    [InlineData("a*c", "acb", false)]
    [InlineData("*a*b*", "xaxxbx", true)]
    [InlineData("?", "", false)]
    [InlineData("?", "é", true)]
    [InlineData("?", "😀", true)]
    [InlineData("?b", "😀b", true)]
    [InlineData("[a]", "a", false)]
    [InlineData("[a]", "[a]", true)]
    [InlineData("**", "x", true)]
    [InlineData("*.log", ".log", false)]
    public void Only_star_and_question_mark_are_special(string pattern, string name, bool matches) =>
        Assert.Equal(matches, Glob.Matches(pattern, name));

    [Fact]
    public void A_hostile_pattern_of_stars_ends_soon() =>
        Assert.False(Glob.Matches(string.Concat(Enumerable.Repeat("*a", 60)) + "b", new string('a', 255)));

    public void Dispose()
    {
        _job.Dispose();
        _host.Dispose();
    }

    private static void Shell(string script)
    {
        using var process = Process.Start("sh", ["-c", script]);
        process.WaitForExit();
    }

    private CollectedOutputs Collect(string path, string to)
    {
        using var root = _job.Open();
        return new OutputCollector(root, []).Collect([new() { Path = path, To = $"{_host.Path}/{to}" }]);
    }
}
