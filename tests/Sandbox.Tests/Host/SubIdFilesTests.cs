using Sandbox.Host;
using Xunit;

namespace Sandbox.Tests.Host;

public sealed class SubIdFilesTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("judge:100000:65536\n", 100000u, 65535u)]
    [InlineData("other:100000:65536\njudge:300000:1000\n", 300000u, 1000u)]
    [InlineData("# comment\n\n1001:400000:70000\n", 400000u, 65535u)]
    [InlineData("judge:0:10\njudge:x:10\njudge:5:0\njudge:7:7\n", 7u, 7u)]
    public void Ids_are_those_of_the_first_line_about_the_user(string text, uint first, uint count)
    {
        Write("etc/passwd", "root:x:0:0::/:/bin/sh\njudge:x:1001:1001::/:/bin/sh\n");
        Write("etc/subuid", text);
        Write("etc/subgid", "judge:500000:9\n");
        Write("usr/bin/newuidmap", "");
        Write("usr/bin/newgidmap", "");

        var ids = SubIdFiles.Of(1001, new HostFiles(_root.Path));

        Assert.Equal(new SubordinateIds { FirstUid = first, Uids = count, FirstGid = 500000, Gids = 9, UidProgram = "/usr/bin/newuidmap", GidProgram = "/usr/bin/newgidmap" }, ids);
    }

    [Fact]
    public void A_user_without_ids_is_told_how_to_get_some()
    {
        Write("etc/passwd", "judge:x:1001:1001::/:/bin/sh\n");
        Write("etc/subuid", "judged:100000:65536\n");

        var failure = Assert.Throws<SandboxException>(() => SubIdFiles.Of(1001, new HostFiles(_root.Path)));

        Assert.Equal(("/etc/subuid", "/subids"), (failure.Path, failure.Pointer));
        Assert.Contains("usermod --add-subuids", failure.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_programs_that_map_them_ids_are_of_no_use()
    {
        Write("etc/subuid", "1001:100000:65536\n");
        Write("etc/subgid", "1001:100000:65536\n");

        var failure = Assert.Throws<SandboxException>(() => SubIdFiles.Of(1001, new HostFiles(_root.Path)));

        Assert.Contains("newuidmap", failure.Message, StringComparison.Ordinal);
    }

    private void Write(string path, string text)
    {
        var full = Path.Combine(_root.Path, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}
