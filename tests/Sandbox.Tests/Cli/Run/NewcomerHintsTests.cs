using Sandbox.Cli.Run;
using Sandbox.Tests.Jobs;
using Xunit;

namespace Sandbox.Tests.Cli.Run;

public sealed class NewcomerHintsTests
{
    [Theory]
    [InlineData("ubuntu bash", "", "if ubuntu is an image: sandbox run --image ubuntu -- bash, once it is imported: docker save ubuntu | sandbox image import -")]
    [InlineData("ubuntu bash", "ubuntu:24.04", "an image is an option here: sandbox run --image ubuntu:24.04 -- bash")]
    [InlineData("mine", "registry.example/team/mine:3", "an image is an option here: sandbox run --image registry.example/team/mine:3")]
    [InlineData("python:3.12 -c x", "", "if python:3.12 is an image: sandbox run --image python:3.12 -- -c x, once")]
    [InlineData("job.json", "", "a job file is run by: sandbox exec job.json")]
    [InlineData("other.json", "", null)]
    [InlineData("frobnicate", "ubuntu:24.04", null)]
    [InlineData("./ubuntu", "ubuntu:24.04", null)]
    [InlineData("Ubuntu", "ubuntu:24.04", null)]
    public void A_word_that_is_an_image_or_a_job_is_known(string command, string stored, string? hint)
    {
        var job = Request.OfWords(command.Split(' ')).Job;

        var given = NewcomerHints.NoProgram(job, () => stored.Split(' ', StringSplitOptions.RemoveEmptyEntries), file => file == "job.json");

        Assert.StartsWith(hint ?? "", given ?? "", StringComparison.Ordinal);
        Assert.Equal(hint is null, given is null);
    }

    [Fact]
    public void Who_has_named_an_image_needs_no_word_of_images() =>
        Assert.Null(NewcomerHints.NoProgram(Request.OfWords("--image", "debian:12", "ubuntu").Job, () => ["ubuntu:24.04"], _ => false));

    [Theory]
    [InlineData("python3 main.py", "main.py is a file of this directory")]
    [InlineData("./a.out", "./a.out is a file of this directory")]
    [InlineData("cc -o x src/main.c", "src/main.c is a file of this directory")]
    [InlineData("python3 other.py", null)]
    [InlineData("sh -c ./a.out;true", null)]
    [InlineData("-v .:/work python3 main.py", null)]
    [InlineData("--file /work/main.py=main.py python3 main.py", null)]
    [InlineData("--image debian:12 python3 main.py", null)]
    public void A_file_that_the_job_does_not_see_is_named(string line, string? hint)
    {
        string[] here = ["main.py", "./a.out", "src/main.c", "python3"];

        var given = NewcomerHints.Unseen(Request.OfWords(line.Split(' ')).Job, file => Array.IndexOf(here, file) >= 0);

        Assert.StartsWith(hint ?? "", given ?? "", StringComparison.Ordinal);
        Assert.Equal(hint is null, given is null);
    }

    [Theory]
    [InlineData("touch: cannot touch '/x/a': Read-only file system", "-v /tmp:/x:rw")]
    [InlineData("OSError: [Errno 30] Read-only file system: '/x/a'", "-v /tmp:/x:rw")]
    [InlineData("touch: a: Read-only file system", "-v /tmp:/x:rw")]
    [InlineData("open /xyz/a: read-only file system", "/work, /tmp and /dev/shm, and to volumes")]
    [InlineData("mkdir /usr/x: read-only file system", "/work, /tmp and /dev/shm, and to volumes that say so: -v /tmp:/x:rw")]
    public void The_volume_that_could_not_be_written_is_named(string complaint, string expected)
    {
        var job = Request.Job("-v", "/tmp:/x", "-v", "/srv:/y:rw");

        var hint = NewcomerHints.ReadOnly(job, [complaint]);

        Assert.Contains(expected, hint, StringComparison.Ordinal);
        Assert.DoesNotContain("/srv", hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_relative_path_is_below_the_directory_the_job_starts_in()
    {
        var hint = NewcomerHints.ReadOnly(Request.Job("-v", "/tmp:/x", "-v", "/srv:/y", "-w", "/y/z"), ["touch: a/b: Read-only file system"]);

        Assert.Contains("-v /srv:/y:overlay", hint, StringComparison.Ordinal);
        Assert.DoesNotContain("/tmp:", hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_said_of_a_job_that_did_well()
    {
        var job = Request.Job("-v", "/tmp:/x");

        Assert.Empty(NewcomerHints.Lines(Results.Plain, job, ["/x: Read-only file system"]));
        Assert.Single(NewcomerHints.Lines(Results.Plain with { Verdict = Verdict.ExitCode, ExitCode = 1 }, job, ["/x: Read-only file system"]));
        Assert.Empty(NewcomerHints.Lines(Results.Plain with { Verdict = Verdict.ExitCode, ExitCode = 1 }, job, []));
    }
}
