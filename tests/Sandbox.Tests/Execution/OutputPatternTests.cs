using System.Diagnostics;
using Sandbox.Execution.Collect;
using Xunit;

namespace Sandbox.Tests.Execution;

public sealed class OutputPatternTests : IDisposable
{
    private readonly TemporaryDirectory _job = new();
    private readonly TemporaryDirectory _host = new();

    [Fact]
    public void A_star_stays_within_its_directory_and_finds_no_hidden_file()
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
    public void A_pattern_may_stand_for_a_directory_in_the_middle()
    {
        _job.Write("work/one/r.txt", "1");
        _job.Write("work/two/r.md", "2");
        _job.Write("work/file", "3");

        var collected = Collect("/work/*/r.txt", "x");

        Assert.Equal("/work/one/r.txt", Assert.Single(collected.Outputs).Path);
        Assert.Empty(collected.Errors);
    }

    [Fact]
    public void A_linked_directory_in_the_middle_is_reported_and_not_entered()
    {
        _job.Write("work/one/r.txt", "1");
        File.CreateSymbolicLink($"{_job.Path}/work/two", "/etc");

        var collected = Collect("/work/*/r.txt", "x/");

        Assert.Equal("/work/one/r.txt", Assert.Single(collected.Outputs).Path);
        Assert.Equal("a directory of its path is a symbolic link", Assert.Single(collected.Errors).Error);
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
    public void Directories_that_match_are_not_meant()
    {
        _job.Write("work/a.log/b", "");
        _job.Write("work/c.log", "");

        var collected = Collect("/work/*.log", "x/");

        Assert.Equal("/work/c.log", Assert.Single(collected.Outputs).Path);
        Assert.Empty(collected.Errors);
    }

    [Fact]
    public void Several_matches_need_a_directory()
    {
        _job.Write("work/a", "");
        _job.Write("work/b", "");

        var collected = Collect("/work/*", "x");

        Assert.Equal("2 files match, but 'to' names a single file: end it with '/' for a directory", Assert.Single(collected.Errors).Error);
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
    public void Two_stars_stand_for_any_number_of_directories_which_are_kept()
    {
        _job.Write("work/r.txt", "0");
        _job.Write("work/a/r.txt", "1");
        _job.Write("work/a/b/r.txt", "2");
        _job.Write("work/a/b/r.md", "");
        _job.Write("work/.hidden/r.txt", "");

        var collected = Collect("/work/**/r.txt", "x/");

        Assert.Equal(["/work/a/b/r.txt", "/work/a/r.txt", "/work/r.txt"], collected.Outputs.Select(output => output.Path));
        Assert.Equal(("0", "1", "2"), (_host.Read("x/r.txt"), _host.Read("x/a/r.txt"), _host.Read("x/a/b/r.txt")));
        Assert.Empty(collected.Errors);
    }

    [Fact]
    public void Two_stars_at_the_end_stand_for_every_file()
    {
        _job.Write("work/one/in/a", "");
        _job.Write("work/one/b", "");
        _job.Write("work/two/c", "");

        var collected = Collect("/*/one/**", "x/");

        Assert.Equal(["/work/one/b", "/work/one/in/a"], collected.Outputs.Select(output => output.Path));
        Assert.Equal($"{_host.Path}/x/in/a", collected.Outputs[1].To);
    }

    [Fact]
    public void Two_stars_twice_find_every_file_once()
    {
        _job.Write("work/a/b/c", "");

        Assert.Equal("/work/a/b/c", Assert.Single(Collect("/work/**/**", "x/").Outputs).Path);
    }

    [Fact]
    public void Two_stars_enter_no_link()
    {
        _job.Write("work/a/r.txt", "");
        Directory.CreateSymbolicLink($"{_job.Path}/work/etc", "/etc");
        Directory.CreateSymbolicLink($"{_job.Path}/work/a/loop", "..");

        var collected = Collect("/work/**/r.txt", "x/");

        Assert.Equal("/work/a/r.txt", Assert.Single(collected.Outputs).Path);
        Assert.Empty(collected.Errors);
    }

    [Fact]
    public void Two_stars_give_up_in_directories_that_never_end()
    {
        _job.Write("work/a", "x");
        Directory.CreateDirectory($"{_job.Path}/work/" + string.Concat(Enumerable.Repeat("d/", 200)));

        var collected = Collect("/work/**", "x/");

        Assert.Equal("/work/a", Assert.Single(collected.Outputs).Path);
        Assert.Equal("deeper than 128 directories", collected.Required?.Error);
    }

    [Fact]
    public void A_link_on_the_host_in_the_place_of_a_kept_directory_is_not_followed()
    {
        _job.Write("work/a/r", "x");
        var victim = Directory.CreateDirectory($"{_host.Path}/victim").FullName;
        Directory.CreateDirectory($"{_host.Path}/x");
        Directory.CreateSymbolicLink($"{_host.Path}/x/a", victim);

        var collected = Collect("/work/**", "x/");

        Assert.Equal($"on the way to {_host.Path}/x/a/r there is a file or a symbolic link on the host", collected.Required?.Error);
        Assert.Empty(Directory.GetFileSystemEntries(victim));
    }

    [Fact]
    public void A_directory_on_the_host_that_has_a_files_name_is_the_jobs_failure()
    {
        _job.Write("work/a", "x");
        _host.Write("x/a/in", "");

        var collected = Collect("/work/*", "x/");

        Assert.Equal($"{_host.Path}/x/a is a directory on the host", collected.Required?.Error);
        Assert.Equal(["a"], Directory.GetFileSystemEntries($"{_host.Path}/x").Select(Path.GetFileName));
    }

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

    [Theory]
    [InlineData("/work/**")]
    [InlineData("/work/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*")]
    public void Long_paths_of_many_files_do_not_take_the_hosts_memory(string pattern)
    {
        const int directories = 15;
        const int files = 5000;
        MakeDeepFiles(directories, files);

        var collected = Collect(pattern, "x/");

        Assert.Contains("too much room", Assert.Single(collected.Errors, error => error.Error.Contains("look through", StringComparison.Ordinal)).Error, StringComparison.Ordinal);
        Assert.InRange(collected.Outputs.Sum(output => output.Path.Length + output.To.Length), 1, (8 << 20) + 8192);
        Assert.NotNull(collected.Required);
    }

    [Fact]
    public void A_search_that_was_given_up_is_reported_once()
    {
        for (var directory = 0; directory < 300; directory++)
        {
            for (var file = 0; file < 400; file++)
            {
                _job.Write($"work/{directory}/{file}", "");
            }
        }

        var collected = Collect("/work/*/*.none", "x/");

        Assert.Equal("too many files to look through: the most is 100000", Assert.Single(collected.Errors).Error);
    }

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

    // Nearly as long as a path can be (PATH_MAX).
    private void MakeDeepFiles(int directories, int files)
    {
        var name = new string('a', 250);
        _job.Write("work/first", "");
        var way = "work" + string.Concat(Enumerable.Repeat("/" + name, directories));
        Directory.CreateDirectory($"{_job.Path}/{way}");
        for (var file = 0; file < files; file++)
        {
            File.WriteAllText($"{_job.Path}/{way}/{file:d200}", "");
        }
    }

    private CollectedOutputs Collect(string path, string to)
    {
        using var root = _job.Open();
        return Collecting.From(root, new CollectBudget(null), new OutputSpec { Path = path, To = $"{_host.Path}/{to}" });
    }
}
