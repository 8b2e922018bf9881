using System.Runtime.Versioning;
using Sandbox.Interop;
using Sandbox.Storage;
using Xunit;

namespace Sandbox.Tests.Storage;

[SupportedOSPlatform("linux")]
public sealed class TreeRemovalTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Doomed => Directory.CreateDirectory($"{_directory.Path}/doomed").FullName;

    [Fact]
    public void A_tree_deeper_than_a_path_and_than_descriptors_is_removed()
    {
        HostileTrees.Dig(Doomed, 5000);

        Remove();
    }

    [Fact]
    public void Files_links_and_pipes_go_and_what_a_link_leads_to_stays()
    {
        _directory.Write("kept/file", "kept");
        _directory.Write("doomed/a/b/c/file", "");
        _directory.Write("doomed/a/b2/file", "");
        File.CreateSymbolicLink(Doomed + "/link", _directory.Path + "/kept");
        File.CreateSymbolicLink(Doomed + "/a/b/loop", "../..");
        HostileTrees.Fifo(Doomed + "/a/fifo");

        Remove();
        Assert.Equal("kept", File.ReadAllText(_directory.Path + "/kept/file"));
    }

    [Fact]
    public void Directories_closed_to_everybody_are_removed()
    {
        foreach (var name in (string[])["a/b/c", "a/empty", "a/b/d/e"])
        {
            _directory.Write($"doomed/{name}/file", "");
        }

        Directory.CreateDirectory(Doomed + "/none");
        foreach (var name in (string[])["a/b/c", "a/b/d/e", "a/b/d", "a/b", "a/empty", "a", "none"])
        {
            File.SetUnixFileMode($"{Doomed}/{name}", UnixFileMode.None);
        }

        Remove();
    }

    [Fact]
    public void A_link_in_the_place_of_the_tree_goes_and_the_tree_it_leads_to_stays()
    {
        _directory.Write("kept/file", "kept");
        File.CreateSymbolicLink(_directory.Path + "/doomed", "kept");

        Remove();
        Assert.True(File.Exists(_directory.Path + "/kept/file"));
    }

    [Fact]
    public void Two_may_remove_the_same_tree_at_once()
    {
        for (var i = 0; i < 300; i++)
        {
            _directory.Write($"doomed/{i % 7}/{i % 5}/{i}/file", "");
        }

        var errors = new int[2];
        Parallel.For(0, 2, i => errors[i] = RemoveOnce());

        Assert.Equal([0, 0], errors);
        Assert.False(Directory.Exists(_directory.Path + "/doomed"));
    }

    [Fact]
    public void What_is_not_there_is_removed() => Remove();

    public void Dispose() => _directory.Dispose();

    private void Remove()
    {
        Assert.Equal(0, RemoveOnce());
        Assert.False(Path.Exists(_directory.Path + "/doomed"));
    }

    private int RemoveOnce()
    {
        using var above = _directory.Open();
        return TreeRemoval.Remove(above, "doomed\0"u8);
    }
}
