using Sandbox.Images;
using Sandbox.Interop;
using Sandbox.Storage;
using Xunit;

namespace Sandbox.Tests.Images;

/// <summary>A directory of an image is copied as its layers show it together, and nothing else is.</summary>
public sealed class ImageCopyTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Upper => _directory.Path + "/upper";

    private string Lower => _directory.Path + "/lower";

    private string Target => _directory.Path + "/target";

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Layers_are_merged_and_what_is_removed_or_hidden_is_not_copied()
    {
        Write(Lower + "/data/below", "below");
        Write(Lower + "/data/both", "lower");
        Write(Lower + "/data/gone", "");
        Write(Lower + "/data/merged/below", "");
        Write(Lower + "/data/hidden/below", "");
        Write(Lower + "/beside", "");
        Write(Upper + "/data/both", "upper");
        Write(Upper + "/data/merged/above", "");
        Write(Upper + "/data/hidden/above", "");
        using (var data = ImageDirectory.Open(Upper + "/data"))
        {
            Assert.Equal(0, Libc.MakeWhiteoutAt(data, "gone\0"u8));
        }

        using (var hidden = ImageDirectory.Open(Upper + "/data/hidden"))
        {
            Assert.Equal(0, Libc.OpenAt(hidden, ".\0"u8, OpenFlags.ReadOnly | OpenFlags.Directory, out var opened));
            using (opened)
            {
                Assert.Equal(0, Libc.MakeOpaque(opened));
            }
        }

        Copy("/data");

        Assert.Equal(
            ["/below", "/both", "/hidden", "/hidden/above", "/merged", "/merged/above", "/merged/below"],
            Directory.GetFileSystemEntries(Target, "*", SearchOption.AllDirectories).Select(path => path[Target.Length..]).Order(StringComparer.Ordinal));
        Assert.Equal("upper", File.ReadAllText(Target + "/both"));
    }

    [Fact]
    public void Modes_times_links_and_several_names_are_kept_and_set_id_bits_are_not()
    {
        var time = new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        Write(Lower + "/data/in/program", "text");
        File.SetUnixFileMode(Lower + "/data/in/program", (UnixFileMode)0b110_111_101_000);
        Assert.Equal(0, Shell($"ln {Lower}/data/in/program {Lower}/data/other && mkfifo -m 0620 {Lower}/data/fifo"));
        File.CreateSymbolicLink(Lower + "/data/link", _directory.Path + "/outside");
        Write(_directory.Path + "/outside/secret", "");
        File.SetUnixFileMode(Lower + "/data/in", (UnixFileMode)0b001_111_111_111);
        File.SetLastWriteTimeUtc(Lower + "/data/in/program", time);
        Directory.SetLastWriteTimeUtc(Lower + "/data/in", time);

        Copy("/data");

        Assert.Equal((UnixFileMode)0b000_111_101_000, File.GetUnixFileMode(Target + "/in/program"));
        Assert.Equal((UnixFileMode)0b001_111_111_111, File.GetUnixFileMode(Target + "/in"));
        Assert.Equal((UnixFileMode)0b000_110_010_000, File.GetUnixFileMode(Target + "/fifo"));
        Assert.Equal((time, time), (File.GetLastWriteTimeUtc(Target + "/in/program"), Directory.GetLastWriteTimeUtc(Target + "/in")));
        Assert.Equal(_directory.Path + "/outside", new FileInfo(Target + "/link").LinkTarget);
        Assert.Equal(0, Shell($"test {Target}/in/program -ef {Target}/other && test ! {Target}/other -ef {Lower}/data/other"));
    }

    [Fact]
    public void A_file_keeps_its_bytes_and_its_holes()
    {
        const int size = 64 << 20;
        Directory.CreateDirectory(Lower + "/data");
        using (var file = File.Create(Lower + "/data/sparse"))
        {
            file.SetLength(size);
            file.Position = 5 << 20;
            file.Write("middle"u8);
        }

        Copy("/data");

        Assert.Equal(0, Shell($"cmp {Target}/sparse {Lower}/data/sparse && test $(($(stat -c '%b' {Target}/sparse) * 512)) -lt {size / 8}"));
    }

    [Theory]
    [InlineData("/file")]
    [InlineData("/link")]
    [InlineData("/link/in")]
    [InlineData("/up")]
    [InlineData("/none/in")]
    [InlineData("/gone")]
    public void Where_an_image_has_no_directory_there_is_nothing_to_copy(string path)
    {
        Write(_directory.Path + "/outside/in/secret", "");
        Write(Lower + "/file", "");
        Write(Lower + "/gone/in", "");
        Directory.CreateDirectory(Upper);
        File.CreateSymbolicLink(Lower + "/link", _directory.Path + "/outside");
        File.CreateSymbolicLink(Lower + "/up", "..");
        using (var upper = ImageDirectory.Open(Upper))
        {
            Assert.Equal(0, Libc.MakeWhiteoutAt(upper, "gone\0"u8));
        }

        using var found = ImageSubtree.Find([Upper, Lower], path);

        Assert.Null(found);
    }

    // The kernel opens it in the job, directory by directory; nobody could name it.
    [Fact]
    public void A_tree_that_is_deeper_than_paths_can_be_is_an_error_and_not_half_a_copy()
    {
        Directory.CreateDirectory(Lower + "/data");
        var name = EntryPath.Bytes(new string('n', 250));
        var directory = ImageDirectory.Open(Lower + "/data");
        for (var depth = 0; depth < 20; depth++)
        {
            Assert.Equal(0, Libc.MakePrivateDirectoryAt(directory, name));
            Assert.Equal(0, UntrustedTree.OpenDirectory(directory, name, out var inner));
            directory.Dispose();
            directory = inner;
        }

        directory.Dispose();
        var failure = Assert.Throws<SandboxException>(() => Copy("/data"));
        using (var above = ImageDirectory.Open(_directory.Path))
        {
            Assert.Equal((0, 0), (TreeRemoval.Remove(above, "lower\0"u8), TreeRemoval.Remove(above, "target\0"u8)));
        }

        Assert.Equal(("ENAMETOOLONG", "fill volume"), (failure.Errno, failure.Step));
    }

    [Fact]
    public void It_stops_when_it_is_cancelled()
    {
        Write(Lower + "/data/file", "");
        Directory.CreateDirectory(Target);
        using var source = ImageSubtree.Find([Lower], "/data")!;
        using var target = ImageDirectory.Open(Target);

        Assert.Throws<OperationCanceledException>(() => new ImageCopy(source, target, null, new(canceled: true)).Run());
        Assert.Empty(Directory.GetFileSystemEntries(Target));
    }

    private static void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private static int Shell(string script)
    {
        using var shell = System.Diagnostics.Process.Start("sh", ["-c", script]);
        shell.WaitForExit();
        return shell.ExitCode;
    }

    private void Copy(string path)
    {
        Directory.CreateDirectory(Target);
        using var source = ImageSubtree.Find(Directory.Exists(Upper) ? [Upper, Lower] : [Lower], path);
        using var target = ImageDirectory.Open(Target);
        Assert.NotNull(source);
        Assert.Equal(Directory.GetFileSystemEntries(Lower + path).Length > 0, source.HasFiles());
        new ImageCopy(source, target, null, Token).Run();
    }
}
