using Sandbox.Cli;
using Sandbox.Tests.Jobs;
using Xunit;

namespace Sandbox.Tests.Cli;

public sealed class JobSourceTests
{
    [Fact]
    public void Collected_files_are_named_relative_to_the_directory_of_the_job()
    {
        using var directory = new TemporaryDirectory();
        var source = JobSource.Read(directory.Write("job.json", """{ "command": ["true"] }"""))!;
        var result = Results.Plain with { Outputs = [Output($"{directory.Path}/out/a"), Output("/elsewhere/b"), Output($"{directory.Path}x/c")] };

        var related = source.Relate(result);

        Assert.Equal(["out/a", "/elsewhere/b", $"{directory.Path}x/c"], ((JobResult)related).Outputs.Select(output => output.To));
    }

    [Fact]
    public void An_archive_of_changes_is_named_as_collected_files_are()
    {
        using var directory = new TemporaryDirectory();
        var source = JobSource.Read(directory.Write("job.json", """{ "command": ["true"] }"""))!;
        var result = Results.Plain with { Diff = new() { Entries = [], Archive = Output($"{directory.Path}/changes.tar") } };

        Assert.Equal("changes.tar", ((JobResult)source.Relate(result)).Diff?.Archive?.To);
    }

    // On the way to a destination none of the user's own links is followed: these are, once, while the job is read.
    [Fact]
    public void Links_on_the_way_to_the_directory_of_the_job_are_the_users()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("there/job.json", """{ "command": ["true"], "outputs": [ { "path": "/work/a", "to": "a" } ] }""");
        Directory.CreateSymbolicLink($"{directory.Path}/link", "there");

        var source = JobSource.Read($"{directory.Path}/link/job.json")!;

        Assert.Equal($"{directory.Path}/there/a", Assert.IsType<JobSpec>(source.Parse()).Outputs[0].To);
    }

    private static OutputResult Output(string to) => new() { Path = "/work/a", Bytes = 1, Sha256 = "", To = to };
}
