using Microsoft.Win32.SafeHandles;
using Sandbox.Failures;
using Sandbox.Interop;
using Sandbox.Store;
using Xunit;

namespace Sandbox.Tests.Store;

/// <summary>A volume without files is filled as a whole or not at all, by one user while the others wait.</summary>
public sealed class VolumeFillingTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Volume => _directory.Path + "/store/volumes/named/a";

    private StoredVolumes Volumes => new(_directory.Path + "/store");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void One_without_files_is_filled_before_it_is_used_and_then_never_again()
    {
        var copies = 0;
        VolumeContent Content() => Of(() => copies++);

        using (var held = Volumes.Hold("a", create: true, Content))
        {
            Assert.Equal("x", File.ReadAllText(held.Path + "/file"));
            Assert.Equal((UnixFileMode)0x3c0, File.GetUnixFileMode(held.Path));
            File.WriteAllText(held.Path + "/file", "changed");
        }

        using var again = Volumes.Hold("a", create: true, Content);

        Assert.Equal("changed", File.ReadAllText(again.Path + "/file"));
        Assert.Equal(1, copies);
    }

    [Fact]
    public void What_was_made_in_it_stays_alone()
    {
        Volumes.Create("a");
        File.WriteAllText(Volume + "/data/own", "");

        using var held = Volumes.Hold("a", create: false, () => Of(() => Assert.Fail("it was filled")));

        Assert.Equal(Volume + "/data/own", Assert.Single(Directory.GetFileSystemEntries(held.Path)));
    }

    [Fact]
    public void One_that_somebody_uses_is_not_filled()
    {
        using var first = Volumes.Hold("a", create: true);

        using var second = Volumes.Hold("a", create: true, () => Of(() => Assert.Fail("it was filled")));

        Assert.Equal(first.Identity, second.Identity);
        Assert.Empty(Directory.GetFileSystemEntries(second.Path));
    }

    [Fact]
    public void A_link_in_the_place_of_what_jobs_see_is_not_filled()
    {
        Volumes.Create("a");
        Directory.CreateDirectory(_directory.Path + "/else");
        Directory.Delete(Volume + "/data");
        Directory.CreateSymbolicLink(Volume + "/data", _directory.Path + "/else");

        Assert.Equal("ENOTDIR", Assert.Throws<SandboxException>(() => Volumes.Hold("a", create: true, () => Of(() => Assert.Fail("it was filled")))).Errno);
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path + "/else"));
    }

    [Fact]
    public void A_copy_that_fails_leaves_nothing_and_the_next_one_fills_it()
    {
        var failure = Assert.Throws<SandboxException>(() => Volumes.Hold("a", create: true, () => Of(() => throw new SandboxException("no") { Operation = Operation.FillVolume, Errno = "ENOSPC" })));

        Assert.Equal(("fill volume", "ENOSPC"), (failure.Step, failure.Errno));
        Assert.Equal([Volume + "/data"], Directory.GetFileSystemEntries(Volume));
        Assert.Empty(Directory.GetFileSystemEntries(Volume + "/data"));
        using var held = Volumes.Hold("a", create: false, () => Of(() => { }));
        Assert.Equal("x", File.ReadAllText(held.Path + "/file"));
    }

    // As a process that was killed leaves it.
    [Fact]
    public void What_is_left_of_an_interrupted_copy_is_no_part_of_the_next_one()
    {
        Volumes.Create("a");
        Directory.CreateDirectory(Volume + "/filling/half");
        File.WriteAllText(Volume + "/filling/half/file", "");

        using var held = Volumes.Hold("a", create: false, () => Of(() => { }));

        Assert.Equal([held.Path + "/file"], Directory.GetFileSystemEntries(held.Path));
        Assert.Equal([held.Path], Directory.GetFileSystemEntries(Volume));
    }

    [Fact]
    public async Task Who_comes_meanwhile_waits_and_nobody_removes_it()
    {
        using var begun = new ManualResetEventSlim();
        using var ends = new ManualResetEventSlim();
        using var waits = new ManualResetEventSlim();
        var filling = Task.Run(() => Volumes.Hold("a", create: true, () => Of(() =>
        {
            begun.Set();
            ends.Wait(Token);
        })), Token);
        begun.Wait(Token);

        var waiting = Task.Run(() => Volumes.Hold("a", create: true, null, volume =>
        {
            waits.Set();
            return Libc.LockTogether(volume);
        }), Token);
        waits.Wait(Token);
        Volumes.Create("b");
        Assert.Equal("EBUSY", Assert.Throws<SandboxException>(() => Volumes.Remove("a")).Errno);
        Assert.False(waiting.IsCompleted);
        ends.Set();

        using var first = await filling;
        using var second = await waiting;
        Assert.Equal(first.Identity, second.Identity);
        Assert.Equal("x", await File.ReadAllTextAsync(second.Path + "/file", Token));
    }

    [Fact]
    public void Many_that_come_at_once_all_find_it_whole()
    {
        var copies = 0;

        Parallel.For(0, 16, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Token }, _ =>
        {
            using var held = Volumes.Hold("a", create: true, () => Of(() => Interlocked.Increment(ref copies)));
            Assert.Equal("x", File.ReadAllText(held.Path + "/file"));
        });

        Assert.Equal(1, copies);
    }

    private static VolumeContent Of(Action before) => new()
    {
        Mode = 0x3c0, // 01700
        HasFiles = true,
        Copy = (directory, _) =>
        {
            before();
            Write(directory);
        },
    };

    private static void Write(SafeFileHandle directory)
    {
        Assert.Equal(0, Libc.CreateAt(directory, "file\0"u8, out var file));
        using (file)
        {
            Assert.Equal(0, Libc.WriteAll(file, "x"u8));
        }
    }
}
