using Xunit;

namespace Sandbox.Tests.Sdk;

/// <summary>A directory of the host below which somebody else names files.</summary>
public sealed class HostPrefixTests : IDisposable
{
    private readonly TemporaryDirectory _host = new();

    public HostPrefixTests()
    {
        Directory.CreateDirectory(_host.Path + "/in/deep");
        File.WriteAllText(_host.Path + "/in/deep/file", "file");
        File.WriteAllText(_host.Path + "/beside", "beside");
        File.CreateSymbolicLink(_host.Path + "/in/link", "deep/file");
        File.CreateSymbolicLink(_host.Path + "/in/out", "../beside");
        File.CreateSymbolicLink(_host.Path + "/in/magic", "/proc/self/exe");
    }

    [Theory]
    [InlineData("/in/deep/file", "/in/deep/file", false)]
    [InlineData("/in/link", "/in/deep/file", false)]
    [InlineData("/in/deep/../deep", "/in/deep", true)]
    [InlineData("/in//deep", "/in/deep", true)]
    [InlineData("/in", "/in", true)]
    public void What_is_below_it_is_found_without_links_in_its_path(string path, string found, bool isDirectory)
    {
        using var prefix = HostPrefix.Open(_host.Path + "/in/");
        using var held = prefix.Hold(_host.Path + path);

        Assert.Equal((_host.Path + found, isDirectory, !isDirectory), (held.Path, held.IsDirectory, held.IsRegularFile));
    }

    [Theory]
    [InlineData("/in/out")]
    [InlineData("/in/../beside")]
    [InlineData("/in/deep/../../beside")]
    [InlineData("/in/magic")]
    [InlineData("/in/missing")]
    [InlineData("/beside")]
    [InlineData("/inside")]
    public void What_leads_out_is_not_there(string path)
    {
        using var prefix = HostPrefix.Open(_host.Path + "/in");

        Assert.Throws<IOException>(() => prefix.Hold(_host.Path + path));
    }

    [Fact]
    public void What_is_held_stays_itself_whatever_gets_its_name()
    {
        using var prefix = HostPrefix.Open(_host.Path + "/in");
        using var held = prefix.Hold(_host.Path + "/in/deep/file");
        File.Move(_host.Path + "/in/deep/file", _host.Path + "/in/deep/away");
        File.WriteAllText(_host.Path + "/in/deep/file", "another");
        using var other = prefix.Hold(_host.Path + "/in/deep/file");

        Assert.Equal(("file", "another"), (File.ReadAllText(held.OwnPath), File.ReadAllText(other.OwnPath)));
        Assert.NotEqual(held.Identity, other.Identity);
    }

    // A link in the place of the directory itself leads nowhere else either: it was opened before.
    [Fact]
    public void The_directory_itself_is_the_one_that_was_opened()
    {
        using var prefix = HostPrefix.Open(_host.Path + "/in");
        Directory.Move(_host.Path + "/in", _host.Path + "/moved");
        Directory.CreateDirectory(_host.Path + "/else");
        Directory.CreateSymbolicLink(_host.Path + "/in", "else");
        File.WriteAllText(_host.Path + "/else/file", "else");

        using var held = prefix.Hold(_host.Path + "/in/deep");

        Assert.Equal(_host.Path + "/moved/deep", held.Path);
        Assert.Throws<IOException>(() => prefix.Hold(_host.Path + "/in/file"));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("relative")]
    [InlineData("/no/such/directory")]
    [InlineData("/etc/passwd")]
    [InlineData("")]
    public void What_is_no_directory_cannot_be_one(string path) => Assert.Throws<IOException>(() => HostPrefix.Open(path));

    public void Dispose() => _host.Dispose();
}
