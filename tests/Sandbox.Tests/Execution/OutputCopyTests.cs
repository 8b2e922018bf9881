using System.Security.Cryptography;
using Sandbox.Execution.Collect;
using Sandbox.Hashing;
using Sandbox.Interop;
using Xunit;

namespace Sandbox.Tests.Execution;

public sealed class OutputCopyTests : IDisposable
{
    private readonly TemporaryDirectory _job = new();
    private readonly TemporaryDirectory _host = new();

    [Fact]
    public void All_files_together_are_capped()
    {
        foreach (var name in new[] { "a", "b", "c" })
        {
            _job.Write($"work/{name}", new string('x', 100));
        }

        using var root = _job.Open();
        var budget = new CollectBudget(250);

        var collected = Collecting.From(root, budget, Spec("/work/?", "all/"), Spec("/work/a", "again"));

        Assert.Equal(["/work/a", "/work/b"], collected.Outputs.Select(output => output.Path));
        Assert.Equal(["/work/c", "/work/a"], collected.Errors.Select(error => error.Path));
        Assert.Equal("with it, all collected files would be larger than limits.collect of 250 bytes", collected.Required?.Error);
        Assert.True(budget.IsExceeded);
    }

    [Theory]
    [InlineData(0, 3 << 20)]
    [InlineData(3 << 20, 0)]
    [InlineData((4 << 20) + 1, 3 << 20)]
    [InlineData(100, 2 << 20)]
    public void Holes_arrive_as_holes_and_count_in_the_digest(int before, int after)
    {
        // data, a hole, data, and a hole at the end
        using (var file = new FileStream(_job.Write("work/x", "begin"), FileMode.Open))
        {
            file.Position = 5 + before;
            file.Write("middle"u8);
            file.SetLength(file.Position + after);
        }

        var collected = Collect("/work/x", "x");

        var bytes = File.ReadAllBytes($"{_job.Path}/work/x");
        Assert.Equal(bytes, File.ReadAllBytes($"{_host.Path}/x"));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), Assert.Single(collected.Outputs).Sha256);
        Assert.InRange(TemporaryDirectory.AllocatedBytes($"{_host.Path}/x"), 0, 64 << 10);
    }

    [Fact]
    public void A_file_of_many_small_holes_arrives_as_it_is()
    {
        using (var file = new FileStream(_job.Write("work/x", ""), FileMode.Open))
        {
            for (var i = 0; i < 300; i++)
            {
                file.Position = i * 8192L;
                file.WriteByte((byte)i);
            }

            file.SetLength(3 << 20);
        }

        var collected = Collect("/work/x", "x");

        Assert.Equal(File.ReadAllBytes($"{_job.Path}/work/x"), File.ReadAllBytes($"{_host.Path}/x"));
        Assert.Empty(collected.Errors);
    }

    [Fact]
    public async Task A_directory_swapped_with_a_link_while_it_is_collected_never_brings_what_the_link_shows()
    {
        _job.Write("work/dir/file", "honest");
        _host.Write("secret/file", "secret");
        File.CreateSymbolicLink($"{_job.Path}/work/link", $"{_host.Path}/secret");
        using var stop = new CancellationTokenSource();
        var swapping = Task.Run(() => Swap($"{_job.Path}/work", stop.Token), TestContext.Current.CancellationToken);
        var (honest, refused) = (0, 0);

        for (var i = 0; i < 3000 || (honest == 0 && i < 100_000); i++)
        {
            var collected = Collect("/work/dir/file", "copy");
            honest += collected.Outputs.Count;
            refused += collected.Errors.Count;
            Assert.All(collected.Outputs, output => Assert.Equal(6, output.Bytes));
            Assert.True(collected.Outputs.Count == 0 || _host.Read("copy") == "honest", "the host's file was collected");
        }

        await stop.CancelAsync();
        await swapping;
        Assert.True(honest > 0 && refused > 0, $"{honest} honest, {refused} refused: nothing was swapped");
    }

    public void Dispose()
    {
        _job.Dispose();
        _host.Dispose();
    }

    private OutputSpec Spec(string path, string to) => new() { Path = path, To = $"{_host.Path}/{to}" };

    private CollectedOutputs Collect(string path, string to)
    {
        using var root = _job.Open();
        return Collecting.From(root, new CollectBudget(null), Spec(path, to));
    }

    private static void Swap(string directory, CancellationToken stop)
    {
        using var handle = TemporaryDirectory.Open(directory);
        while (!stop.IsCancellationRequested)
        {
            var errors = Libc.RenameAt(handle, "dir\0"u8, "away\0"u8) + Libc.RenameAt(handle, "link\0"u8, "dir\0"u8) +
                Libc.RenameAt(handle, "dir\0"u8, "link\0"u8) + Libc.RenameAt(handle, "away\0"u8, "dir\0"u8);
            Assert.Equal(0, errors);
        }
    }
}
