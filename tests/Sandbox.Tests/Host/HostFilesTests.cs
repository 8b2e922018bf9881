using System.Text;
using Sandbox.Host;
using Sandbox.Interop;
using Xunit;

namespace Sandbox.Tests.Host;

public sealed class HostFilesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private HostFiles Files => new(_directory.Path);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_file_that_somebody_has_locked_can_be_read()
    {
        var path = _directory.Write("a", "text\n");
        Assert.Equal(0, Libc.OpenForReading(Encoding.UTF8.GetBytes(path + '\0'), out var file));
        using (file)
        {
            Assert.Equal(0, Libc.TryLock(file));

            Assert.Equal("text\n", Files.Text("/a"));
        }
    }

    [Fact]
    public void A_long_file_is_read_to_its_end()
    {
        var text = string.Concat(Enumerable.Range(0, 20_000).Select(number => $"{number} ä\n"));
        _directory.Write("a", text);

        Assert.Equal(text, Files.Text("/a"));
    }

    [Theory]
    [InlineData("/missing")]
    [InlineData("/directory")]
    [InlineData("/directory/file/below")]
    public void What_cannot_be_read_is_empty(string path)
    {
        _directory.Write("directory/file", "text");

        Assert.Equal("", Files.Text(path));
    }
}
