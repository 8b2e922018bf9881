using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Storage;
using Xunit;

namespace Sandbox.Tests.Storage;

[SupportedOSPlatform("linux")]
public sealed class StoreLockTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SafeFileHandle _handle;

    public StoreLockTests() => _handle = _directory.Open();

    [Fact]
    public void Who_adds_shares_it_and_who_takes_away_has_it_alone()
    {
        Assert.Equal(0, Take(Libc.LockTogether, out var one));
        Assert.Equal(0, Take(Libc.LockTogether, out var other));
        Assert.Equal(-Errno.EAGAIN, Take(Libc.TryLock, out _));

        one!.Dispose();
        other!.Dispose();

        Assert.Equal(0, Take(Libc.TryLock, out var alone));
        alone!.Dispose();
    }

    [Fact]
    public async Task A_lock_whose_file_was_removed_meanwhile_is_none_and_another_is_taken()
    {
        Assert.Equal(0, Take(Libc.LockAlone, out var first));
        var waiting = Task.Run(() => Take(Libc.LockAlone, out var taken) == 0 ? taken : null, TestContext.Current.CancellationToken);

        File.Delete(_directory.Path + "/lock");
        first!.Dispose();

        using var second = await waiting.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.NotNull(second);
        Assert.Equal(-Errno.EAGAIN, Take(Libc.TryLock, out _));
    }

    [Fact]
    public void A_file_that_is_there_is_not_emptied_and_a_link_not_followed()
    {
        _directory.Write("lock", "precious");
        Assert.Equal(0, Take(Libc.TryLock, out var taken));
        taken!.Dispose();
        Assert.Equal("precious", _directory.Read("lock"));

        File.Move(_directory.Path + "/lock", _directory.Path + "/other");
        File.CreateSymbolicLink(_directory.Path + "/lock", "other");
        Assert.Equal(-Errno.ELOOP, Take(Libc.TryLock, out _));
    }

    [Fact]
    public void Leftovers_are_what_nobody_holds_links_and_pipes_among_them()
    {
        _directory.Write("passing/half/tree/file", "");
        _directory.Write("passing/file", "");
        _directory.Write("passing/held", "");
        Directory.CreateDirectory(_directory.Path + "/passing/made");
        File.CreateSymbolicLink(_directory.Path + "/passing/link", "/etc");
        HostileTrees.Fifo(_directory.Path + "/passing/fifo");
        Assert.Equal(0, Libc.OpenAt(_handle, "passing\0"u8, OpenFlags.ReadOnly | OpenFlags.Directory, out var passing));
        using (passing)
        {
            Assert.Equal(0, Libc.OpenToReadAt(passing, "held", out var held));
            Assert.Equal(0, Libc.OpenToReadAt(passing, "made", out var made));
            Assert.Equal(0, Libc.TryLock(held) | Libc.LockTogether(made));

            foreach (var left in StoreDirectory.Leftovers(passing))
            {
                Assert.Equal(0, left.Remove(passing));
                left.Dispose();
            }

            Assert.Equal(["held", "made"], StoreDirectory.Names(passing).Order());
            held.Dispose();
            made.Dispose();
        }
    }

    [Theory]
    [InlineData(0x1c0, true)] // 0700
    [InlineData(0x1ed, true)] // 0755
    [InlineData(0x1f8, false)] // 0770
    [InlineData(0x1c2, false)] // 0702
    public void A_directory_that_others_can_write_to_is_not_opened(int mode, bool isOpened)
    {
        Directory.CreateDirectory(_directory.Path + "/d");
        File.SetUnixFileMode(_directory.Path + "/d", (UnixFileMode)mode);

        Assert.Equal(isOpened ? 0 : -Errno.EPERM, StoreDirectory.Open(_handle, "d", out var opened));
        opened.Dispose();
    }

    public void Dispose()
    {
        _handle.Dispose();
        _directory.Dispose();
    }

    private int Take(Func<SafeFileHandle, int> take, out StoreLock? taken) => StoreLock.Take(_handle, "lock", take, out taken);
}
