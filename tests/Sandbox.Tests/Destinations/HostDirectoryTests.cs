using Sandbox.Destinations;
using Sandbox.Interop;
using Xunit;

namespace Sandbox.Tests.Destinations;

/// <summary>The way to a directory that is written to, as a user names it and as jobs may have left it.</summary>
public sealed class HostDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory _host = new();

    [Theory]
    [InlineData("a/b", "a/b")]
    [InlineData("a//./b/", "a/b")]
    [InlineData("a/b/..", "a")]
    [InlineData("a/../a/b/../../c", "c")]
    [InlineData("../{name}/a", "a")]
    public void A_path_without_links_leads_where_it_says(string path, string place)
    {
        Directory.CreateDirectory($"{_host.Path}/a/b");
        Directory.CreateDirectory($"{_host.Path}/c");

        using var directory = Open(path.Replace("{name}", Path.GetFileName(_host.Path), StringComparison.Ordinal));

        Assert.True(HostDirectory.IsAt($"{_host.Path}/{place}", directory.Handle));
        Assert.True(directory.IsInPlace);
    }

    [Fact]
    public void Missing_directories_are_made_below_what_is_there()
    {
        using var directory = Open("one/two/../three/");

        Assert.Equal(["one", "one/three", "one/two"], Directory.GetDirectories(_host.Path, "*", SearchOption.AllDirectories).Select(Below).Order(StringComparer.Ordinal));
        Assert.True(HostDirectory.IsAt($"{_host.Path}/one/three", directory.Handle));
    }

    [Fact]
    public void A_missing_directory_is_named_if_it_is_not_to_be_made()
    {
        Assert.Equal(-Errno.ENOENT, HostDirectory.Open($"{_host.Path}/one/two", makes: false, out _, out var failed));
        Assert.Equal($"{_host.Path}/one", failed);
    }

    [Theory]
    [InlineData("link/x", "link")]
    [InlineData("a/../link/x", "link")]
    [InlineData("a/up/x", "a/up")]
    public void A_link_that_a_job_could_have_made_is_refused_by_name(string path, string link)
    {
        Directory.CreateDirectory($"{_host.Path}/a");
        Directory.CreateDirectory($"{_host.Path}/elsewhere");
        File.CreateSymbolicLink($"{_host.Path}/link", "elsewhere");
        File.CreateSymbolicLink($"{_host.Path}/a/up", "../elsewhere");

        Assert.Equal(-Errno.ELOOP, HostDirectory.Open($"{_host.Path}/{path}", makes: true, out _, out var failed));

        Assert.Equal($"{_host.Path}/{link}", failed);
        Assert.Empty(Directory.GetFileSystemEntries($"{_host.Path}/elsewhere"));
    }

    [Theory]
    [InlineData("/dev/fd", "/proc/self/fd")]
    [InlineData("/proc/self/root/usr", "/usr")]
    [InlineData("/proc/self/cwd", ".")]
    public void A_link_of_the_machine_or_of_the_kernel_is_followed(string path, string place)
    {
        Assert.Equal(0, HostDirectory.Open(path, makes: false, out var directory, out var failed));

        using (directory)
        {
            Assert.Equal(0, Libc.StatusOf(place, out var expected));
            Assert.Equal((expected.Device, expected.Inode), directory!.Identity);
        }

        Assert.NotNull(failed);
    }

    [Fact]
    public void A_directory_that_is_moved_removed_or_replaced_is_no_longer_in_place()
    {
        using var moved = Open("moved");
        using var removed = Open("removed");
        using var covered = Open("above/covered");
        Directory.Move($"{_host.Path}/moved", $"{_host.Path}/elsewhere");
        Directory.Delete($"{_host.Path}/removed");
        Directory.Move($"{_host.Path}/above", $"{_host.Path}/away");
        File.CreateSymbolicLink($"{_host.Path}/above", "away");

        Assert.Equal((false, false, false), (moved.IsInPlace, removed.IsInPlace, covered.IsInPlace));
        Directory.Move($"{_host.Path}/elsewhere", $"{_host.Path}/moved");
        Assert.True(moved.IsInPlace);
    }

    [Fact]
    public async Task Whatever_is_swapped_while_it_is_opened_no_way_leads_out()
    {
        Directory.CreateDirectory($"{_host.Path}/in/a/b/c");
        Directory.CreateDirectory($"{_host.Path}/in/out");
        Directory.CreateDirectory($"{_host.Path}/victim");
        File.CreateSymbolicLink($"{_host.Path}/in/link", $"{_host.Path}/victim");
        using var stop = new CancellationTokenSource();
        var swapping = Task.Run(() => Swap(stop.Token), TestContext.Current.CancellationToken);
        var (opened, refused) = (0, 0);

        // Moved up to "in" while it is gone through, c would make the third ".." lead above it.
        for (var i = 0; i < 4000 || (i < 200_000 && (opened == 0 || refused == 0)); i++)
        {
            var error = HostDirectory.Open($"{_host.Path}/in/a/b/c/../../../out/new", makes: true, out var directory, out _);
            _ = error == 0 ? opened++ : refused++;
            directory?.Dispose();
        }

        await stop.CancelAsync();
        await swapping;
        Assert.True(opened > 0 && refused > 0, $"{opened} opened, {refused} refused: nothing was swapped");
        Assert.Empty(Directory.GetFileSystemEntries($"{_host.Path}/victim"));
        Assert.Equal(["in", "victim"], Directory.GetFileSystemEntries(_host.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    public void Dispose() => _host.Dispose();

    private HostDirectory Open(string path)
    {
        Assert.Equal(0, HostDirectory.Open($"{_host.Path}/{path}", makes: true, out var directory, out _));
        return directory!;
    }

    private string Below(string path) => path[(_host.Path.Length + 1)..];

    private void Swap(CancellationToken stop)
    {
        using var inside = TemporaryDirectory.Open($"{_host.Path}/in");
        using var b = TemporaryDirectory.Open($"{_host.Path}/in/a/b");
        while (!stop.IsCancellationRequested)
        {
            _ = Libc.RenameAt(b, "c", inside, "c");
            _ = Libc.RenameAt(inside, "c", b, "c");
            _ = Libc.RenameAt(inside, "out", inside, "away");
            _ = Libc.RenameAt(inside, "link", inside, "out");
            _ = Libc.RenameAt(inside, "out", inside, "link");
            _ = Libc.RenameAt(inside, "away", inside, "out");
        }
    }
}
