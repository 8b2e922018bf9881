using System.Diagnostics;
using Sandbox.Cli.Batch;
using Xunit;

namespace Sandbox.Tests.Cli.Batch;

/// <summary>What becomes of the entries of a directory, as job files and as submissions.</summary>
public sealed class SubmissionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public SubmissionTests() => _directory.Write("template.json", """{ "command": ["make"], "files": { "/work/in.txt": { "from": "in.txt" } } }""");

    [Fact]
    public void A_directory_is_an_overlay_below_what_the_template_mounts()
    {
        _directory.Write("alice/main.c", "");

        var job = Job("alice")!;

        Assert.Equal(new OverlayMount { Source = $"{_directory.Path}/alice", Target = "/work" }, job.Mounts[0]);
        Assert.Equal(("alice", "alice"), (job.Name, job.Env["SUBMISSION"]));
        Assert.Equal("/work/in.txt", Assert.Single(job.Files).Path);
    }

    [Fact]
    public void A_file_is_copied_under_its_own_name()
    {
        _directory.Write("bob.py", "");

        var job = Job("bob.py")!;

        Assert.Equal(["/work/bob.py", "/work/in.txt"], job.Files.Select(file => file.Path));
        Assert.Equal("bob.py", job.Env["SUBMISSION"]);
        Assert.Empty(job.Mounts);
    }

    [Fact]
    public void A_link_is_no_submission()
    {
        File.CreateSymbolicLink(_directory.Path + "/passwd", "/etc/passwd");
        Directory.CreateSymbolicLink(_directory.Path + "/root", "/");
        File.CreateSymbolicLink(_directory.Path + "/nothing", "/nowhere");

        Assert.Null(Job("passwd"));
        Assert.Null(Job("root"));
        Assert.Null(Job("nothing"));
        Assert.Null(Job("gone"));
    }

    // Nobody writes into it: whoever opened it would wait for ever.
    [Fact]
    public void A_pipe_is_neither_a_submission_nor_waited_for()
    {
        using (var make = Process.Start("mkfifo", [_directory.Path + "/pipe.json"]))
        {
            make.WaitForExit();
        }

        Assert.Null(Job("pipe.json"));
        var item = new BatchInput([_directory.Path], null, null).Items().First();
        Assert.Contains("not a regular file", Assert.Throws<InvalidJobException>(item.Read).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_entry_but_the_template_and_hidden_ones_is_a_submission()
    {
        foreach (var name in new[] { "b.py", "a/x.py", ".git/config", "C.py" })
        {
            _directory.Write(name, "");
        }

        var items = new BatchInput([_directory.Path + "/"], Template(), _directory.Path + "/../" + Path.GetFileName(_directory.Path) + "/template.json").Items();

        Assert.Equal(["C.py", "a", "b.py"], items.Select(item => Path.GetFileName(item.Input)));
    }

    [Fact]
    public void Job_files_below_a_directory_come_in_the_order_of_their_names()
    {
        foreach (var name in new[] { "z.json", "sub/2.json", "sub/10.json", "a.txt", "sub/deep/x.json" })
        {
            _directory.Write("jobs/" + name, "{}");
        }

        Directory.CreateSymbolicLink(_directory.Path + "/jobs/sub/back", "..");

        var items = new BatchInput([_directory.Path + "/jobs"], null, null).Items().ToList();

        Assert.Equal(["sub/10.json", "sub/2.json", "sub/deep/x.json", "z.json"], items.Select(item => Path.GetRelativePath(_directory.Path + "/jobs", item.Input)));
        Assert.Equal([0, 1, 2, 3], items.Select(item => item.Index));
        Assert.Equal(_directory.Path + "/jobs/sub/deep", items[2].Directory);
    }

    [Fact]
    public void Problems_of_a_line_are_told_by_its_line_in_the_file()
    {
        var file = _directory.Write("jobs.jsonl", "\n{ \"command\": [\"true\"] }\n{ \"comand\": [] }\n");

        var items = new BatchInput([file], null, null).Items().ToList();

        Assert.Equal([2, 3], items.Select(item => item.Line));
        Assert.Equal(["true"], Assert.IsType<JobSpec>(items[0].Read()).Command);
        var invalid = Assert.Throws<InvalidJobException>(() => items[1].Read());
        Assert.All(invalid.Problems, problem => Assert.Equal(3, problem.Line));
    }

    [Fact]
    public void A_fingerprint_follows_the_job_and_what_it_gets()
    {
        var file = _directory.Write("in.txt", "1");
        _directory.Write("alice/main.c", "1");
        Directory.CreateSymbolicLink(_directory.Path + "/alice/host", "/proc");
        var before = Fingerprint();

        Assert.Equal(before, Fingerprint());
        File.WriteAllText(file, "12");
        var second = Fingerprint();
        _directory.Write("alice/sub/more.c", "1");
        var third = Fingerprint();

        Assert.Equal(3, new[] { before, second, third }.Distinct().Count());
    }

    public void Dispose() => _directory.Dispose();

    private string Fingerprint() => JobFingerprint.Of(Job("alice")!, _directory.Path + "/alice");

    private SubmissionTemplate Template() => SubmissionTemplate.Read(_directory.Path + "/template.json")!;

    private JobSpec? Job(string name) => (JobSpec?)Template().JobFor($"{_directory.Path}/{name}");
}
