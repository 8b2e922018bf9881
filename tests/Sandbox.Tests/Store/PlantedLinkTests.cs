using Xunit;

namespace Sandbox.Tests.Store;

/// <summary>Links that somebody who could write to a store has put in it lead nothing of the host's out of it.</summary>
public sealed class PlantedLinkTests : IDisposable
{
    private readonly TestStore _files = new();
    private readonly Images.TestStore _images = new();
    private readonly TemporaryDirectory _victim = new();

    public PlantedLinkTests() => _victim.Write("precious", "untouched");

    public static TheoryData<string> DirectoriesOfFiles => new("objects", "marks", "leases", "incoming", "damaged", "trash");

    public static TheoryData<string> DirectoriesOfImages => new("layers", "configs", "sources", "passing", "locks");

    [Theory]
    [MemberData(nameof(DirectoriesOfFiles))]
    public void A_link_in_the_place_of_a_directory_of_files_is_refused(string directory)
    {
        var digest = _files.Put("text");
        Replace($"{_files.Directory}/files/{directory}");

        Assert.ThrowsAny<SandboxException>(() => _files.Put("other"));
        Assert.ThrowsAny<SandboxException>(() => _files.Store.Collect(0));
        Assert.ThrowsAny<SandboxException>(() => _files.Store.Remove(digest));
        Assert.ThrowsAny<SandboxException>(() => _files.Lease(digest));

        AssertUntouched();
    }

    [Fact]
    public void A_link_in_the_place_of_the_lock_is_refused()
    {
        _files.Put("text");
        var path = $"{_files.Directory}/files/lock";
        File.Delete(path);
        File.CreateSymbolicLink(path, $"{_victim.Path}/precious");

        Assert.Equal("ELOOP", Assert.ThrowsAny<SandboxException>(() => _files.Put("other")).Errno);

        AssertUntouched();
    }

    [Theory]
    [MemberData(nameof(DirectoriesOfImages))]
    public void A_link_in_the_place_of_a_directory_of_images_is_refused(string directory)
    {
        Import("a:1");
        Replace($"{_images.Path}/{directory}");

        Assert.ThrowsAny<SandboxException>(() => Import("b:1"));
        Assert.ThrowsAny<SandboxException>(() => _images.Store.Collect());
        Assert.ThrowsAny<SandboxException>(() => _images.Store.Open("a:1"));

        AssertUntouched();
    }

    // A lock is not emptied when it is taken, or this would empty any file of the user.
    [Fact]
    public void A_link_in_the_place_of_a_lock_of_images_is_not_followed()
    {
        Import("a:1");
        var path = $"{_images.Path}/locks/store";
        File.Delete(path);
        File.CreateSymbolicLink(path, $"{_victim.Path}/precious");

        Assert.ThrowsAny<SandboxException>(() => Import("b:1"));

        AssertUntouched();
    }

    [Fact]
    public void A_link_in_the_place_of_the_store_is_the_users_and_is_followed()
    {
        _files.Put("text");
        System.IO.Directory.Move(_files.Directory, _victim.Path + "/store");
        System.IO.Directory.CreateSymbolicLink(_files.Directory, _victim.Path + "/store");

        Assert.Equal(4, _files.Store.List().Single().Bytes);
    }

    [Fact]
    public void Leftovers_that_are_links_are_removed_and_not_followed()
    {
        _files.Put("text");
        Import("a:1");
        File.CreateSymbolicLink($"{_files.Directory}/files/trash/x", $"{_victim.Path}/precious");
        File.CreateSymbolicLink($"{_files.Directory}/files/incoming/x", $"{_victim.Path}/precious");
        File.CreateSymbolicLink($"{_images.Path}/passing/x", _victim.Path);

        _files.Store.Collect(1 << 20);
        _images.Store.Collect();

        Assert.Empty(_images.List("passing"));
        AssertUntouched();
    }

    public void Dispose()
    {
        _files.Dispose();
        _images.Directory.Dispose();
        _victim.Dispose();
    }

    private void Import(string tag) => _images.Store.Import(new Images.TestImage(new Images.LayerText().File("f", tag).ToArray()) { Tags = [tag] }.Save(_images.Directory));

    private void Replace(string directory)
    {
        System.IO.Directory.Delete(directory, recursive: true);
        System.IO.Directory.CreateSymbolicLink(directory, _victim.Path);
    }

    private void AssertUntouched()
    {
        Assert.Equal(["precious"], System.IO.Directory.GetFileSystemEntries(_victim.Path).Select(Path.GetFileName));
        Assert.Equal("untouched", _victim.Read("precious"));
    }
}
