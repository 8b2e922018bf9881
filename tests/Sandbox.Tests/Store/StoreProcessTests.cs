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
        Assert.Empty(System.IO.Directory.EnumerateFiles($"{_test.Directory}/files/incoming"));
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

    [Fact]
    public async Task A_writer_killed_in_the_middle_leaves_what_the_next_who_makes_room_removes()
    {
        var kept = _test.Put("kept");
        using (var writer = Start(["store", "put", "-"]))
        {
            await writer.StandardInput.BaseStream.WriteAsync(new byte[3 << 20], TestContext.Current.CancellationToken);
            await writer.StandardInput.BaseStream.FlushAsync(TestContext.Current.CancellationToken);
            Assert.True(SpinWait.SpinUntil(() => System.IO.Directory.EnumerateFiles($"{_test.Directory}/files/incoming").Any(), TimeSpan.FromSeconds(30)));

            _test.Store.Collect(1 << 20);
            Assert.Single(System.IO.Directory.EnumerateFiles($"{_test.Directory}/files/incoming"));

            writer.Kill();
            await writer.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        _test.Store.Collect(1 << 20);

        Assert.Empty(System.IO.Directory.EnumerateFiles($"{_test.Directory}/files/incoming"));
        Assert.Equal(kept, Assert.Single(_test.Store.List()).Sha256);
    }

    [Fact]
    public async Task Imports_and_collections_killed_at_any_time_leave_a_store_that_imports()
    {
        using var directory = new TemporaryDirectory();
        var archive = new Images.TestImage(new Images.LayerText().File("big", new string('x', 8 << 20)).ToArray()) { Tags = ["big:1"] }.Save(directory);
        var images = new Sandbox.Images.UnpackedImages(_test.Directory + "/images");
        for (var round = 0; round < 6; round++)
        {
            using var import = Start(["image", "import", archive]);
            using var collection = Start(["image", "gc"]);
            _ = SpinWait.SpinUntil(() => System.IO.Directory.Exists(_test.Directory + "/images/passing") && System.IO.Directory.EnumerateFileSystemEntries(_test.Directory + "/images/passing").Any(), TimeSpan.FromSeconds(2));
            import.Kill();
            collection.Kill();
            await Task.WhenAll(import.WaitForExitAsync(TestContext.Current.CancellationToken), collection.WaitForExitAsync(TestContext.Current.CancellationToken));
            Assert.Single(images.Import(archive));
            images.Remove("big:1");
        }

        images.Collect();

        Assert.Empty(System.IO.Directory.EnumerateFileSystemEntries(_test.Directory + "/images/passing"));
        Assert.Empty(System.IO.Directory.EnumerateFileSystemEntries(_test.Directory + "/images/layers"));
    }

    public void Dispose() => _test.Dispose();

    private Process Start(string[] arguments)
    {
        var runtime = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "../../.."));
        var start = new ProcessStartInfo(Path.Combine(runtime, "dotnet"), [Path.Combine(AppContext.BaseDirectory, "Sandbox.Cli.dll"), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["SANDBOX_STORE"] = _test.Directory;
        return Process.Start(start)!;
    }

    private async Task<CommandRun> RunAsync(string[] arguments)
    {
        using var process = Start(arguments);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new CommandRun(process.ExitCode, await output, await error);
    }
}
