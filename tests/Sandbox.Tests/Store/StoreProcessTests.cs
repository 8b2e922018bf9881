using System.Diagnostics;
using Sandbox.Tests.Cli;
using Xunit;

namespace Sandbox.Tests.Store;

/// <summary>The command itself, by processes of its own.</summary>
public sealed class StoreProcessTests : IDisposable
{
    private readonly TestStore _test = new();

    [Fact]
    public async Task Eight_processes_that_put_the_same_files_at_once_all_succeed()
    {
        string[] sources = [.. Enumerable.Range(0, 6).Select(number => _test.Write($"source{number}", new string((char)('a' + number), 300_000 * number)))];

        var runs = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => RunAsync(["store", "put", .. sources])));

        Assert.All(runs, run => Assert.Equal((0, runs[0].Output), (run.ExitStatus, run.Output)));
        Assert.Equal(6, _test.Store.List().Count);
        Assert.All(_test.Store.List(), file => _test.Store.Verify(file.Sha256, TestContext.Current.CancellationToken));
        Assert.Empty(Directory.EnumerateFiles($"{_test.Folder}/files/incoming"));
    }

    [Fact]
    public async Task Put_prints_the_name_and_the_file_like_sha256sum()
    {
        var file = _test.Write("file", "text");

        var run = await RunAsync(["store", "put", file]);

        Assert.Equal($"sha256:{TestStore.DigestOf("text")}  {file}\n", run.Output);
    }

    [Fact]
    public async Task A_put_beyond_the_size_removes_what_was_used_longest_ago()
    {
        var old = _test.Put("0123456789");
        _test.Age(old, TimeSpan.FromHours(1));

        var run = await RunAsync(["store", "put", "--max-size", "15", _test.Write("new", "abcdefghij")]);

        Assert.Equal(0, run.ExitStatus);
        Assert.Equal([TestStore.DigestOf("abcdefghij")], _test.Store.List().Select(file => file.Sha256));
    }

    [Theory]
    [InlineData(2, "store put --max-size huge /etc/passwd", "--max-size")]
    [InlineData(2, "store put", "which file")]
    [InlineData(2, "store put /etc/passwd --max-size huge", "--max-size")]
    [InlineData(2, "store put /etc/passwd --max-sise 15", "did you mean --max-size?")]
    [InlineData(2, "store rm sha256:short", "64 hexadecimal digits")]
    [InlineData(3, "store put /nowhere/file", "ENOENT")]
    [InlineData(1, "store rm sha256:0000000000000000000000000000000000000000000000000000000000000000", "not in the store")]
    public async Task A_mistake_is_said_on_stderr_only(int status, string line, string expected)
    {
        var run = await RunAsync(line.Split(' '));

        Assert.Equal((status, ""), (run.ExitStatus, run.Output));
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_tells_the_damaged_file_from_the_others()
    {
        var (sound, damaged) = (_test.Put("sound"), _test.Put("damaged"));
        _test.Damage(damaged);

        var run = await RunAsync(["store", "verify"]);

        Assert.Equal((1, $"sha256:{sound}: ok\n"), (run.ExitStatus, run.Output));
        Assert.Contains(damaged, run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _test.Dispose();

    private async Task<CommandRun> RunAsync(string[] arguments)
    {
        var runtime = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "../../.."));
        var start = new ProcessStartInfo(Path.Combine(runtime, "dotnet"), [Path.Combine(AppContext.BaseDirectory, "Sandbox.Cli.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["SANDBOX_STORE"] = _test.Folder;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new CommandRun(process.ExitCode, await output, await error);
    }
}
