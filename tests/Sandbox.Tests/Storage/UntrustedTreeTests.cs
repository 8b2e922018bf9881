using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Storage;
using Xunit;

namespace Sandbox.Tests.Storage;

[SupportedOSPlatform("linux")]
public sealed class UntrustedTreeTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SafeFileHandle _root;

    public UntrustedTreeTests()
    {
        _directory.Write("outside/secret", "secret");
        _directory.Write("tree/dir/file", "mine");
        Assert.Equal(0, Libc.OpenDirectory(HostileTrees.Bytes(_directory.Path + "/tree"), out _root));
    }

    private string Inside => _directory.Path + "/tree";

    [Theory]
    [InlineData("link/secret")] // a directory that is a link
    [InlineData("dir/up/secret")]
    [InlineData("../outside/secret")]
    [InlineData("dir/../../outside/secret")]
    [InlineData("magic/outside/secret")] // a link of procfs, which is none of text
    public void Nothing_leads_out(string path)
    {
        File.CreateSymbolicLink(Inside + "/link", "../outside");
        File.CreateSymbolicLink(Inside + "/dir/up", _directory.Path + "/outside");
        File.CreateSymbolicLink(Inside + "/magic", "/proc/self/root" + _directory.Path);

        Assert.True(UntrustedTree.OpenRegular(_root, HostileTrees.Bytes(path), out var file, out _) < 0);
        Assert.True(UntrustedTree.OpenDirectory(_root, HostileTrees.Bytes(Path.GetDirectoryName(path)!), out var directory) < 0);
        Assert.True(file.IsInvalid && directory.IsInvalid);
    }

    [Fact]
    public void A_link_a_pipe_and_a_directory_are_looked_at_but_never_opened_as_files()
    {
        File.CreateSymbolicLink(Inside + "/link", "dir/file");
        HostileTrees.Fifo(Inside + "/fifo");

        foreach (var (name, kind) in new[] { ("link", FileKind.SymbolicLink), ("fifo", FileKind.Fifo), ("dir", FileKind.Directory) })
        {
            Assert.Equal(-Errno.EINVAL, UntrustedTree.OpenRegular(_root, HostileTrees.Bytes(name), out _, out var status));
            Assert.Equal(kind, status.Kind);
        }
    }

    [Fact]
    public void Mounts_are_crossed_only_where_the_tree_is_made_of_them()
    {
        Assert.Equal(0, Libc.OpenDirectory("/\0"u8, out var host));
        using (host)
        {
            Assert.Equal(-Errno.EXDEV, UntrustedTree.OpenDirectory(host, "proc\0"u8, out _));
            Assert.Equal(-Errno.EXDEV, UntrustedTree.OpenRegular(host, "proc/version\0"u8, out _, out _));
            Assert.Equal(0, new UntrustedTree(host, TreeScope.AllMounts, new(1)).OpenDirectory("proc/1", out var crossed));
            crossed.Dispose();
        }
    }

    [Fact]
    public async Task What_is_swapped_while_it_is_read_never_leads_out()
    {
        using var over = new CancellationTokenSource();
        File.CreateSymbolicLink(Inside + "/other", "../outside");
        File.CreateSymbolicLink(Inside + "/dir/secret", _directory.Path + "/outside/secret");
        File.WriteAllText(Inside + "/dir/real", "mine");
        using var swapping = _root;
        var swaps = Task.Run(() => Swap(over.Token), TestContext.Current.CancellationToken);
        var (read, refused) = (0, 0);
        for (var i = 0; i < 20_000; i++)
        {
            var error = UntrustedTree.OpenRegular(_root, i % 2 == 0 ? "dir/real\0"u8 : "dir/secret\0"u8, out var file, out var status);
            using (file)
            {
                Assert.True(error < 0 || (Libc.Status(file, out var opened) == 0 && opened.Inode == status.Inode && opened.Size == 4));
                (read, refused) = error == 0 ? (read + 1, refused) : (read, refused + 1);
            }
        }

        await over.CancelAsync();
        await swaps;
        Assert.True(read > 0 && refused > 0, $"{read} read, {refused} refused");
    }

    [Fact]
    public void A_directory_deeper_than_a_path_is_not_entered_and_said_to_be()
    {
        HostileTrees.Dig(Inside, 3000);
        var tree = new UntrustedTree(_root, TreeScope.OneMount, new(int.MaxValue));
        var (visited, last) = (0, 0);

        UntrustedTree.Walk("", path =>
        {
            last = tree.OpenDirectory(path, out var directory);
            using (directory)
            {
                visited += last == 0 ? 1 : 0;
                return last == 0 && path.EndsWith('d') | path.Length == 0 ? [path.Length == 0 ? "d" : path + "/d"] : (IReadOnlyList<string>)[];
            }
        });

        Assert.Equal(-Errno.ENAMETOOLONG, last);
        Assert.Equal(2049, visited); // 2048 names of one byte, 2047 slashes, and the root
        using var above = _directory.Open();
        Assert.Equal(0, TreeRemoval.Remove(above, "tree\0"u8));
    }

    [Fact]
    public void A_listing_ends_where_the_budget_does()
    {
        for (var i = 0; i < 50; i++)
        {
            _directory.Write($"tree/many/{i}", "");
        }

        var (names, budget) = (0, new TreeBudget(20));
        var tree = new UntrustedTree(_root, TreeScope.OneMount, budget);
        Assert.Equal(0, tree.OpenDirectory("many", out var directory));
        using (directory)
        {
            Assert.Equal(0, tree.List(directory, _ => names++));
        }

        Assert.True(budget.IsExceeded);
        Assert.InRange(names, 18, 20);
    }

    [Fact]
    public void A_directory_closed_to_everybody_is_told_not_passed_over()
    {
        var expected = Libc.EffectiveUid() == 0 ? 0 : -Errno.EACCES; // root may enter it
        File.SetUnixFileMode(Inside + "/dir", UnixFileMode.None);
        try
        {
            Assert.Equal(expected, UntrustedTree.OpenDirectory(_root, "dir\0"u8, out var directory));
            Assert.Equal(expected, UntrustedTree.OpenRegular(_root, "dir/file\0"u8, out var file, out _));
            directory.Dispose();
            file.Dispose();
        }
        finally
        {
            File.SetUnixFileMode(Inside + "/dir", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    public void Dispose()
    {
        _root.Dispose();
        _directory.Dispose();
    }

    // Now a directory with a file and a link, now a link out of the tree; the file now a file, now a link.
    private void Swap(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Rename("dir", "away");
            Rename("other", "dir");
            Rename("dir", "other");
            Rename("away", "dir");
            Rename("dir/real", "dir/kept");
            Rename("dir/secret", "dir/real");
            Rename("dir/real", "dir/secret");
            Rename("dir/kept", "dir/real");
        }
    }

    private void Rename(string from, string to) => Libc.RenameAt(_root, Encoding.UTF8.GetBytes(from + '\0'), Encoding.UTF8.GetBytes(to + '\0'));
}
