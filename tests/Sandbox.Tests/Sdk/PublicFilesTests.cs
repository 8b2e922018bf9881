using System.Buffers;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Sandbox.Tests.Sdk;

/// <summary>What a program reads and writes around jobs.</summary>
public sealed class PublicFilesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static JobResult Result => JobResult.NotStarted(new ErrorReport { Message = "no room" }, "job");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_job_that_is_written_reads_back_the_same()
    {
        var job = new JobSpec { Command = ["true"], Env = new Dictionary<string, string> { ["A"] = "b" } };
        var json = new ArrayBufferWriter<byte>();

        JobFile.Write(json, job);

        var read = JobFile.Parse(json.WrittenSpan, "");
        Assert.Equal(job.Command, read.Command);
        Assert.Equal("b", read.Env["A"]);
        JobFile.Validate(read);
    }

    [Fact]
    public void A_job_made_in_code_is_checked_as_a_file_is()
    {
        var invalid = Assert.Throws<InvalidJobException>(() => JobFile.Validate(new JobSpec { Command = ["true"], Hostname = "", WorkingDirectory = "here" }));

        Assert.Equal(["/hostname", "/workingDirectory"], invalid.Problems.Select(problem => problem.Pointer).Order());
        var located = JobFile.Locate("{\n  \"hostname\": \"\" }"u8, invalid);
        Assert.Equal(2, located.Problems.Single(problem => problem.Pointer == "/hostname").Line);
    }

    [Theory]
    [InlineData("/a/../b", "/a/../b")]
    [InlineData("./b", "/base/b")]
    [InlineData("../b", "/base/../b")]
    public void A_path_of_the_host_is_made_absolute_and_not_resolved(string path, string absolute)
    {
        Assert.Equal(absolute, JobFile.AbsolutePath(path, "/base"));
        Assert.Throws<FormatException>(() => JobFile.AbsolutePath("", "/base"));
        Assert.Throws<FormatException>(() => JobFile.AbsolutePath("b", ""));
    }

    [Fact]
    public void A_result_is_a_line_of_its_own()
    {
        using var stream = new MemoryStream();

        ResultFile.WriteLine(stream, Result, pretty: false);
        ResultFile.WriteLine(stream, Result, pretty: false);

        var lines = Encoding.UTF8.GetString(stream.ToArray()).Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Equal("setup-error", JsonDocument.Parse(lines[1]).RootElement.GetProperty("verdict").GetString());
        Assert.Equal("wall-time-limit", ResultFile.NameOf(Verdict.WallTimeLimit));
    }

    [Fact]
    public void A_destination_is_found_out_before_and_appears_whole()
    {
        var path = _directory.Path + "/result.json";
        using var destination = ResultDestination.Open(path);
        Assert.False(File.Exists(path));

        destination.Write(Result, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal("job", JsonDocument.Parse(File.ReadAllBytes(path)).RootElement.GetProperty("name").GetString());
    }

    [Fact]
    public void A_link_that_leads_nowhere_gives_its_place_to_the_result()
    {
        var path = _directory.Path + "/result.json";
        File.CreateSymbolicLink(path, _directory.Path + "/nowhere/result.json");

        using (var destination = ResultDestination.Open(path))
        {
            destination.Write(Result, cancellationToken: TestContext.Current.CancellationToken);
        }

        Assert.Null(new FileInfo(path).LinkTarget);
        Assert.NotEmpty(File.ReadAllBytes(path));
    }

    [Fact]
    public void A_destination_that_cannot_be_written_is_refused_before()
    {
        Assert.Throws<DirectoryNotFoundException>(() => ResultDestination.Open(_directory.Path + "/nowhere/result.json"));
        Assert.Throws<UnauthorizedAccessException>(() => ResultDestination.Open(_directory.Path));
        Assert.Throws<UnauthorizedAccessException>(() => ResultDestination.Open(_directory.Path + "/"));
    }

    [Fact]
    public void A_directory_that_was_moved_meanwhile_gets_no_result()
    {
        Directory.CreateDirectory(_directory.Path + "/out");
        using var destination = ResultDestination.Open(_directory.Path + "/out/result.json");
        Directory.Move(_directory.Path + "/out", _directory.Path + "/moved");

        var failure = Assert.Throws<IOException>(() => destination.Write(Result, cancellationToken: TestContext.Current.CancellationToken));

        Assert.Contains("no longer where it was", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_directory.Path + "/moved"));
    }

    [Fact]
    public async Task Nobody_waits_for_the_reader_of_a_pipe_after_giving_up()
    {
        var fifo = _directory.Path + "/fifo";
        using (var make = Process.Start("mkfifo", [fifo]))
        {
            await make.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        using var destination = ResultDestination.Open(fifo);
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));

        Assert.ThrowsAny<OperationCanceledException>(() => destination.Write(Result, cancellationToken: soon.Token));
    }

    [Fact]
    public void A_file_that_is_named_is_read_to_a_bound()
    {
        var file = _directory.Write("input", "12345");

        Assert.Equal("12345"u8.ToArray(), InputFile.Read(file, 5));
        Assert.Equal("is larger than 4 B", Assert.Throws<IOException>(() => InputFile.Read(file, 4)).Message);
        Assert.Equal("no such file or directory", Assert.Throws<IOException>(() => InputFile.Read(file + "x", 4)).Message);
        Assert.Equal("it is a directory", Assert.Throws<IOException>(() => InputFile.Read(_directory.Path, 4)).Message);
        using var handle = File.OpenHandle(file);
        Assert.Equal("12345"u8.ToArray(), InputFile.Read(handle, 5));
    }
}
