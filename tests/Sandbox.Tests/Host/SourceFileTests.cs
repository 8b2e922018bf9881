using Sandbox.Host;
using Xunit;

namespace Sandbox.Tests.Host;

public sealed class SourceFileTests
{
    [Theory]
    [InlineData("/dev/zero", "is not a regular file (device)")]
    [InlineData("/usr", "is not a regular file (directory)")]
    [InlineData("/nowhere/at/all", "does not exist")]
    public void What_is_no_regular_file_is_not_read(string path, string problem)
    {
        Assert.Equal(problem, SourceFile.ReadRegular(path, 1000, out var bytes));
        Assert.Empty(bytes);
    }

    [Fact]
    public void A_file_that_is_too_large_is_refused()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Join(directory.Path, "large");
        File.WriteAllBytes(path, new byte[2049]);

        Assert.Equal("is larger than 2 KiB", SourceFile.ReadRegular(path, 2048, out _));
        Assert.Null(SourceFile.ReadRegular(path, 2049, out var bytes));
        Assert.Equal(2049, bytes.Length);
    }

    [Fact]
    public void A_device_without_an_end_is_read_to_the_limit_and_refused()
    {
        Assert.Equal(0, SourceFile.Open("/dev/zero", out var file, out _));
        using (file)
        {
            Assert.Equal("is larger than 1 MiB", SourceFile.Read(file, 1 << 20, out _));
        }
    }

    [Fact]
    public void A_fifo_that_nobody_writes_to_opens_at_once_and_is_no_regular_file()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Join(directory.Path, "fifo");
        MakeFifo(path);

        var failure = Assert.Throws<SandboxException>(() => SourceFile.OpenRegular(path, "/files/x/from"));

        Assert.Contains("not a regular file (FIFO)", failure.Message, StringComparison.Ordinal);
        Assert.Equal((path, "/files/x/from"), (failure.Path, failure.Pointer));
    }

    [Fact]
    public async Task A_fifo_is_read_once_somebody_writes_to_it()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Join(directory.Path, "fifo");
        MakeFifo(path);
        Assert.Equal(0, SourceFile.Open(path, out var file, out _));
        using var reader = file;
        byte[] bytes = [];

        var reading = Task.Run(() => SourceFile.Read(reader, 100, out bytes), TestContext.Current.CancellationToken);
        await Task.Delay(100, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(path, "late", TestContext.Current.CancellationToken);

        Assert.Null(await reading);
        Assert.Equal("late"u8, bytes);
    }

    private static void MakeFifo(string path)
    {
        using var mkfifo = System.Diagnostics.Process.Start("mkfifo", [path]);
        mkfifo.WaitForExit();
        Assert.Equal(0, mkfifo.ExitCode);
    }
}
