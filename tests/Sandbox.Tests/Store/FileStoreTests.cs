using System.Text;
using Sandbox.Interop;
using Sandbox.Store;
using Xunit;

namespace Sandbox.Tests.Store;

public sealed class FileStoreTests : IDisposable
{
    private readonly TestStore _test = new();

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData((1 << 20) - 1)]
    [InlineData(1 << 20)]
    [InlineData((3 << 20) + 7)]
    public void A_file_is_kept_under_the_digest_of_its_content(int length)
    {
        var text = string.Create(length, 0, (span, _) => new Random(length).GetItems("abcdefgh", span));

        var digest = _test.Put(text);

        Assert.Equal(TestStore.DigestOf(text), digest);
        Assert.Equal(text, _test.Read(digest));
    }

    [Fact]
    public void A_file_is_readable_and_executable_and_for_nobody_writable()
    {
        var digest = _test.Put("text");

        Assert.Equal("0555", Convert.ToString((int)File.GetUnixFileMode(_test.PathOf(digest)), 8).PadLeft(4, '0'));
    }

    [Fact]
    public void Nobody_else_can_enter_the_store()
    {
        _ = _test.Put("text");

        Assert.Equal("700", Convert.ToString((int)File.GetUnixFileMode(_test.Directory), 8));
    }

    [Fact]
    public void The_same_content_is_kept_once_and_stays_the_same_file()
    {
        var first = _test.Put("text");
        var inode = InodeOf(first);

        var second = _test.Put("text");

        Assert.Equal(first, second);
        Assert.Equal(inode, InodeOf(second));
        Assert.Single(_test.Store.List());
    }

    [Fact]
    public void A_pipe_can_be_put()
    {
        Assert.Equal(0, Libc.Pipe(weRead: false, out var read, out var write));
        using (read)
        {
            using (write)
            {
                Assert.Equal(0, Libc.WriteAll(write, "from a pipe"u8));
            }

            var stored = _test.Store.Put(read, "stdin", StoreSize.Default, CancellationToken.None);

            Assert.Equal("from a pipe", _test.Read(stored.Sha256));
        }
    }

    [Theory]
    [InlineData(10)]
    [InlineData(3 << 20)]
    public void What_is_larger_than_the_store_may_be_is_refused_and_leaves_nothing(int length)
    {
        var source = _test.Write("large", new string('a', length));

        var refused = Assert.Throws<SandboxException>(() => _test.Store.Put(source, length - 1, CancellationToken.None));

        Assert.Equal(("EFBIG", source), (refused.Errno, refused.Path));
        Assert.Empty(_test.Store.List());
        Assert.Empty(System.IO.Directory.EnumerateFiles($"{_test.Directory}/files/incoming"));
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_named()
    {
        var missing = Assert.Throws<SandboxException>(() => _test.Store.Put("/nowhere/file", 1, CancellationToken.None));
        var directory = Assert.Throws<SandboxException>(() => _test.Store.Put("/usr", 1, CancellationToken.None));

        Assert.Equal(("ENOENT", "/nowhere/file"), (missing.Errno, missing.Path));
        Assert.Equal(("EISDIR", "/usr"), (directory.Errno, directory.Path));
    }

    [Fact]
    public void A_store_that_others_may_write_to_is_refused()
    {
        _ = _test.Put("text");
        File.SetUnixFileMode(_test.Directory, (UnixFileMode)0b111_111_111);

        var refused = Assert.Throws<SandboxException>(() => _test.Put("other"));

        Assert.Equal(("EPERM", _test.Directory), (refused.Errno, refused.Path));
    }

    [Fact]
    public void A_damaged_file_is_moved_aside_and_put_again_it_is_whole()
    {
        var digest = _test.Put("text");
        _test.Damage(digest);

        var damaged = Assert.Throws<SandboxException>(() => _test.Store.Verify(digest, CancellationToken.None));
        var gone = !File.Exists(_test.PathOf(digest));
        _ = _test.Put("text");

        Assert.Contains(digest, damaged.Message, StringComparison.Ordinal);
        Assert.Equal("EIO", damaged.Errno);
        Assert.True(gone);
        Assert.Single(System.IO.Directory.EnumerateFiles($"{_test.Directory}/files/damaged"));
        Assert.Equal("text", _test.Read(digest));
    }

    [Fact]
    public void Putting_over_a_damaged_file_heals_it_at_once()
    {
        var digest = _test.Put("text");
        _test.Damage(digest);

        _ = _test.Put("text");

        Assert.Equal("text", _test.Read(digest));
    }

    [Fact]
    public void A_removed_file_is_gone()
    {
        var digest = _test.Put("text");

        _test.Store.Remove(digest);

        Assert.Empty(_test.Store.List());
        Assert.Equal("ENOENT", Assert.Throws<SandboxException>(() => _test.Store.Remove(digest)).Errno);
        Assert.Empty(System.IO.Directory.EnumerateFiles($"{_test.Directory}/files/trash"));
    }

    [Fact]
    public void Without_a_store_there_is_nothing_to_list()
    {
        Assert.Empty(_test.Store.List());
        Assert.False(System.IO.Directory.Exists(_test.Directory));
    }

    public void Dispose() => _test.Dispose();

    private ulong InodeOf(string digest)
    {
        Assert.Equal(0, Libc.OpenForReading(Encoding.UTF8.GetBytes(_test.PathOf(digest) + '\0'), out var file));
        using (file)
        {
            Assert.Equal(0, Libc.Status(file, out var status));
            return status.Inode;
        }
    }
}
