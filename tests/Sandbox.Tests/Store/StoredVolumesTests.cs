using System.Diagnostics;
using Sandbox.Store;
using Xunit;

namespace Sandbox.Tests.Store;

/// <summary>Volumes are made, used and removed by many at once, and names lead nowhere else.</summary>
public sealed class StoredVolumesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Location => _directory.Path + "/store";

    private string VolumesDirectory => Location + "/volumes";

    private StoredVolumes Volumes => new(Location);

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("a")]
    [InlineData("0")]
    [InlineData("Cache-1_.x")]
    [InlineData("sha256")]
    public void A_name_is_letters_digits_and_three_signs(string name) => Assert.Null(VolumeName.Problem(name));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData(".hidden")]
    [InlineData("-rf")]
    [InlineData("_a")]
    [InlineData("a/b")]
    [InlineData("/a")]
    [InlineData("a b")]
    [InlineData("a\0")]
    [InlineData("a\n")]
    [InlineData("ä")]
    [InlineData("٣")]
    public void Nothing_else_is(string? name) => Assert.NotNull(VolumeName.Problem(name));

    [Fact]
    public void A_name_has_128_letters_at_most()
    {
        Assert.Null(VolumeName.Problem(new string('a', 128)));
        Assert.NotNull(VolumeName.Problem(new string('a', 129)));
    }

    [Fact]
    public async Task One_is_made_once_listed_and_removed_with_what_is_in_it()
    {
        var store = new VolumeStore(Location);
        Assert.Empty(await store.ListAsync(Token));

        Assert.True(await store.CreateAsync("b", Token));
        Assert.False(await store.CreateAsync("b", Token));
        Assert.True(await store.CreateAsync("a", Token));
        var found = await store.FindAsync("b", Token);
        await File.WriteAllTextAsync(found!.Path + "/file", "x", Token);

        Assert.Equal(["a", "b"], (await store.ListAsync(Token)).Select(volume => volume.Name));
        Assert.Equal(($"{VolumesDirectory}/named/b/data", false), (found.Path, found.InUse));
        Assert.InRange(found.CreatedAt, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow);
        Assert.Equal(new VolumeSize { Files = 1, Bytes = (await store.MeasureAsync("b", Token)).Bytes, IsWhole = true }, await store.MeasureAsync("b", Token));
        await store.RemoveAsync("b", Token);
        Assert.Equal("a", Assert.Single(await store.ListAsync(Token)).Name);
        Assert.Empty(Directory.GetFileSystemEntries(VolumesDirectory + "/trash"));
    }

    [Fact]
    public async Task What_is_not_there_is_said_to_be_missing()
    {
        var store = new VolumeStore(Location);

        var before = await Assert.ThrowsAsync<SandboxException>(() => store.RemoveAsync("a", Token));
        await store.CreateAsync("b", Token);
        var after = await Assert.ThrowsAsync<SandboxException>(() => store.RemoveAsync("a", Token));

        Assert.Equal(("ENOENT", "ENOENT"), (before.Errno, after.Errno));
        Assert.Null(await store.FindAsync("a", Token));
        Assert.Null(await store.FindAsync("../a", Token));
        await Assert.ThrowsAsync<FormatException>(() => store.CreateAsync("../a", Token));
        await Assert.ThrowsAsync<FormatException>(() => store.RemoveAsync("", Token));
    }

    [Fact]
    public void One_that_is_used_is_not_removed_until_the_last_user_is_gone()
    {
        Volumes.Create("a");
        var first = Volumes.Hold("a", create: false);
        var second = Volumes.Hold("a", create: true);

        Assert.Equal("EBUSY", Assert.Throws<SandboxException>(() => Volumes.Remove("a")).Errno);
        Assert.Empty(Volumes.RemoveUnused());
        first.Dispose();
        Assert.True(Volumes.Find("a")!.InUse);
        Assert.Equal("EBUSY", Assert.Throws<SandboxException>(() => Volumes.Remove("a")).Errno);
        second.Dispose();
        Assert.False(Volumes.Find("a")!.InUse);
        Assert.Equal("a", Assert.Single(Volumes.RemoveUnused()));
    }

    [Theory]
    [InlineData("volumes")]
    [InlineData("volumes/named")]
    [InlineData("volumes/trash")]
    public void A_directory_that_others_may_enter_is_refused(string directory)
    {
        Volumes.Create("a");
        File.SetUnixFileMode($"{Location}/{directory}", (UnixFileMode)0b111_101_101);

        Assert.Equal("EPERM", Assert.Throws<SandboxException>(() => Volumes.Hold("a", create: false)).Errno);
        Assert.Equal("EPERM", Assert.Throws<SandboxException>(() => Volumes.Create("b")).Errno);
    }

    [Fact]
    public void A_link_in_the_place_of_one_is_not_followed()
    {
        Volumes.Create("a");
        Directory.CreateDirectory(_directory.Path + "/else/data");
        Directory.CreateSymbolicLink(VolumesDirectory + "/named/link", _directory.Path + "/else");
        Directory.Move(VolumesDirectory + "/named/a/data", _directory.Path + "/moved");
        Directory.CreateSymbolicLink(VolumesDirectory + "/named/a/data", _directory.Path + "/moved");

        Assert.NotNull(Assert.Throws<SandboxException>(() => Volumes.Hold("link", create: true)).Errno);
        Assert.Equal("ENOTDIR", Assert.Throws<SandboxException>(() => Volumes.Hold("a", create: true)).Errno);
        Volumes.Remove("a");
        Assert.True(Directory.Exists(_directory.Path + "/moved"));
    }

    // What a crash leaves of one that was being made has no name of a volume, and goes with the next removal.
    [Fact]
    public void What_was_left_half_made_or_half_removed_goes_with_the_next_removal()
    {
        Volumes.Create("a");
        Directory.CreateDirectory(VolumesDirectory + "/named/.half/data");
        Directory.CreateDirectory(VolumesDirectory + "/trash/old/data");

        Assert.Equal("a", Assert.Single(Volumes.List()).Name);
        Volumes.Remove("a");

        Assert.Empty(Directory.GetFileSystemEntries(VolumesDirectory + "/named"));
        Assert.Empty(Directory.GetFileSystemEntries(VolumesDirectory + "/trash"));
    }

    // Whoever gets one has it whole, whatever the others do; nobody loses one that is in use.
    [Fact]
    public async Task Makers_users_and_removers_at_once_do_each_other_no_harm()
    {
        var uses = 0;
        var end = Stopwatch.StartNew();
        async Task Use()
        {
            await Task.Yield();
            while (end.Elapsed < TimeSpan.FromSeconds(1))
            {
                using var held = Volumes.Hold("a", create: true);
                await File.WriteAllTextAsync(held.Path + $"/{Guid.NewGuid():n}", "x", Token);
                Assert.NotEmpty(Directory.GetFiles(held.Path));
                Interlocked.Increment(ref uses);
            }
        }

        async Task Remove()
        {
            await Task.Yield();
            while (end.Elapsed < TimeSpan.FromSeconds(1))
            {
                if (Record.Exception(() => Volumes.Remove("a")) is SandboxException failure)
                {
                    Assert.Contains(failure.Errno, (string[])["EBUSY", "ENOENT"]);
                }
            }
        }

        await Task.WhenAll(Use(), Use(), Remove(), Remove());

        Assert.True(uses > 0);
        _ = Volumes.RemoveUnused();
        Assert.Empty(Volumes.List());
        Assert.Empty(Directory.GetFileSystemEntries(VolumesDirectory + "/trash"));
    }
}
