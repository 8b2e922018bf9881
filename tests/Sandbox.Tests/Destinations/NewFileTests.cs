using Sandbox.Destinations;
using Sandbox.Interop;
using Xunit;

namespace Sandbox.Tests.Destinations;

/// <summary>A file appears whole or not at all, on file systems with and without files that have no name.</summary>
public sealed class NewFileTests : IDisposable
{
    private const int Mode = 0x1a4;

    private readonly TemporaryDirectory _host = new();
    private readonly HostDirectory _directory;

    public NewFileTests()
    {
        Assert.Equal(0, HostDirectory.Open(_host.Path, makes: false, out var directory, out _));
        _directory = directory!;
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void It_takes_its_name_when_it_is_whole(bool isNamed, bool isThere)
    {
        if (isThere)
        {
            _host.Write("x", "old and longer");
        }

        using var file = Create(isNamed);
        Assert.Equal(0, file.Write("new"u8));
        var before = Directory.GetFileSystemEntries(_host.Path).Length;

        Assert.Equal(0, file.Commit("x"));

        Assert.Equal((isNamed ? 1 : 0) + (isThere ? 1 : 0), before);
        Assert.Equal(["x"], Directory.GetFileSystemEntries(_host.Path).Select(Path.GetFileName));
        Assert.Equal("new", _host.Read("x"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Given_up_it_leaves_nothing(bool isNamed)
    {
        Create(isNamed).Dispose();

        Assert.Empty(Directory.GetFileSystemEntries(_host.Path));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_link_at_its_name_leads_to_is_left_alone(bool isNamed)
    {
        _host.Write("victim", "untouched");
        File.CreateSymbolicLink($"{_host.Path}/x", "victim");
        using var file = Create(isNamed);
        _ = file.Write("new"u8);

        Assert.Equal(0, file.Commit("x"));

        Assert.Equal(("untouched", "new"), (_host.Read("victim"), _host.Read("x")));
        Assert.Null(new FileInfo($"{_host.Path}/x").LinkTarget);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_directory_at_its_name_stays_and_nothing_is_left(bool isNamed)
    {
        Directory.CreateDirectory($"{_host.Path}/x");
        var file = Create(isNamed);

        Assert.Equal(-Errno.EISDIR, file.Commit("x"));
        file.Dispose();

        Assert.Equal(["x"], Directory.GetFileSystemEntries(_host.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Another_file_that_was_put_at_its_passing_name_is_told()
    {
        using var file = Create(isNamed: true);
        var passing = Directory.GetFiles(_host.Path).Single();
        File.Delete(passing);
        File.CreateSymbolicLink(passing, "/etc/hostname");

        Assert.Equal(-Errno.ESTALE, file.Commit("x"));
    }

    [Fact]
    public void What_a_killed_writer_left_is_swept_and_what_a_living_one_has_is_not()
    {
        using var living = Create(isNamed: true);
        var left = Path.GetFileName(_host.Write(PassingNames.New(), "half"));
        var young = Directory.GetFiles(_host.Path).Length;
        _host.Write("other", "of the user");
        File.CreateSymbolicLink($"{_host.Path}/{PassingNames.New()}", "other");

        PassingNames.Sweep(_directory.Handle, PassingNames.Grace);
        Assert.Equal(2, young);
        Assert.True(File.Exists($"{_host.Path}/{left}"));
        PassingNames.Sweep(_directory.Handle, TimeSpan.FromHours(-1));

        Assert.False(File.Exists($"{_host.Path}/{left}"));
        Assert.Equal(0, living.Commit("x"));
        Assert.Equal("of the user", _host.Read("other"));
    }

    public void Dispose()
    {
        _directory.Dispose();
        _host.Dispose();
    }

    private NewFile Create(bool isNamed)
    {
        Assert.Equal(0, isNamed ? NewFile.CreateNamed(_directory, Mode, out var file) : NewFile.Create(_directory, Mode, out file));
        return file!;
    }
}
