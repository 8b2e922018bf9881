using System.Text;
using Sandbox.Images;
using Xunit;

namespace Sandbox.Tests.Images;

/// <summary>What layers of other storage drivers and of GNU tar have in them: files shared by AUFS, holes.</summary>
public sealed class OldLayerTests : IDisposable
{
    private const string Content = "0123456789";
    private const int Hole = 1 << 20;

    private readonly TestStore _store = new();

    /// <summary>A megabyte of a hole, ten bytes, and a hole to the end.</summary>
    public static TheoryData<string, byte[]> Sparse => new()
    {
        { "GNU", [.. Gnu(0, (Hole, 4), (Hole + 4, 6)), .. Data(Content)] },
        { "GNU in a block more", [.. Gnu(1, (Hole, 1), (Hole + 1, 1), (Hole + 2, 1), (Hole + 3, 1)), .. More((Hole + 4, 6)), .. Data(Content)] },
        { "0.0", [.. Pax("GNU.sparse.size=2097152", "GNU.sparse.numblocks=1", $"GNU.sparse.offset={Hole}", "GNU.sparse.numbytes=10"), .. Plain("big", Content)] },
        { "0.1", [.. Pax("GNU.sparse.size=2097152", "GNU.sparse.name=big", $"GNU.sparse.map={Hole},10,2097152,0"), .. Plain("GNUSparseFile.1/big", Content)] },
        { "1.0", [.. Pax("GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.name=big", "GNU.sparse.realsize=2097152"), .. Plain("GNUSparseFile.1/big", Map($"1\n{Hole}\n10\n") + Content)] },
    };

    [Theory]
    [MemberData(nameof(Sparse))]
    public void A_sparse_file_is_what_it_was(string way, byte[] archive)
    {
        var tree = _store.Unpack(new LayerText().Raw(archive).File("after", way).ToArray());

        var bytes = File.ReadAllBytes(tree + "/big");
        Assert.Equal((2 << 20, Content), (bytes.Length, Encoding.ASCII.GetString(bytes, Hole, 10)));
        Assert.True(bytes.AsSpan(0, Hole).IndexOfAnyExcept((byte)0) < 0 && bytes.AsSpan(Hole + 10).IndexOfAnyExcept((byte)0) < 0);
        Assert.Equal(way, File.ReadAllText(tree + "/after"));
    }

    public static TheoryData<string, byte[]> DamagedMaps => new()
    {
        { "too little content", [.. Gnu(0, (Hole, 5)), .. Data(Content)] },
        { "too much", [.. Gnu(0, (Hole, 11)), .. Data(Content)] },
        { "backwards", [.. Gnu(0, (Hole, 4), (0, 6)), .. Data(Content)] },
        { "past the end", [.. Pax("GNU.sparse.size=20", "GNU.sparse.map=11,10"), .. Plain("big", Content)] },
        { "of no size", [.. Pax($"GNU.sparse.map={Hole},10"), .. Plain("big", Content)] },
        { "negative", [.. Pax("GNU.sparse.size=-1", $"GNU.sparse.map={Hole},10"), .. Plain("big", Content)] },
        { "overflowing", [.. Pax($"GNU.sparse.size={long.MaxValue}", $"GNU.sparse.map={long.MaxValue - 1},10"), .. Plain("big", Content)] },
        { "of an odd number", [.. Pax("GNU.sparse.size=2097152", "GNU.sparse.map=0,5,5"), .. Plain("big", Content)] },
        { "of words", [.. Pax("GNU.sparse.size=2097152", "GNU.sparse.map=a,b"), .. Plain("big", Content)] },
        { "without a map", [.. Pax("GNU.sparse.major=1", "GNU.sparse.realsize=2097152"), .. Plain("big", Content)] },
        { "shorter than it says", [.. Pax("GNU.sparse.major=1", "GNU.sparse.realsize=2097152"), .. Plain("big", Map("9\n0\n10\n") + Content)] },
        { "of a later version", [.. Pax("GNU.sparse.major=2", "GNU.sparse.realsize=2097152"), .. Plain("big", Content)] },
    };

    [Theory]
    [MemberData(nameof(DamagedMaps))]
    public void A_damaged_map_of_a_sparse_file_is_refused(string damage, byte[] archive)
    {
        var failure = Assert.Throws<InvalidImageException>(() => _store.Unpack(new LayerText().Raw(archive).File("after", damage).ToArray()));

        Assert.Contains("sparse", failure.Message, StringComparison.Ordinal);
        Assert.Empty(_store.List("layers"));
    }

    [Fact]
    public void Holes_count_for_the_size_of_an_image()
    {
        byte[] archive = [.. Pax($"GNU.sparse.size={1L << 45}", "GNU.sparse.map=0,10"), .. Plain("big", Content)];

        Assert.Contains("unpacks to more than", Assert.Throws<InvalidImageException>(() => _store.Unpack(new LayerText().Raw(archive).ToArray())).Message, StringComparison.Ordinal);
    }

    // The image specification keeps .wh..wh. for such files; docker makes of those in plnk what hard links lead to.
    [Fact]
    public void What_AUFS_left_behind_is_no_file_of_the_image()
    {
        var tree = _store.Unpack(new LayerText()
            .File(".wh..wh.aufs").Directory(".wh..wh.orph/").Directory(".wh..wh.plnk/").File(".wh..wh.plnk/12.34", "shared", 0x1ed)
            .HardLink("bin/a", "/.wh..wh.plnk/12.34").HardLink("bin/b", ".wh..wh.plnk/12.34").File("etc/.wh..wh.aufs").ToArray());

        Assert.Equal(["/bin", "/bin/a", "/bin/b"], System.IO.Directory.GetFileSystemEntries(tree, "*", SearchOption.AllDirectories).Select(path => path[tree.Length..]).Order());
        Assert.Equal("shared", File.ReadAllText(tree + "/bin/b"));
        Assert.Equal(["facts", "tree"], System.IO.Directory.GetFileSystemEntries(Path.GetDirectoryName(tree)!).Select(path => Path.GetFileName(path)).Order());
    }

    public void Dispose() => _store.Dispose();

    private static byte[] Gnu(byte more, params (long Offset, long Length)[] pieces) => RawHeader.Of("big", 'S', Content.Length, change: block =>
    {
        "ustar  \0"u8.CopyTo(block.AsSpan(257));
        Fill(block.AsSpan(386), pieces);
        block[482] = more;
        Octal(2 << 20).CopyTo(block, 483);
    });

    private static byte[] More(params (long Offset, long Length)[] pieces)
    {
        var block = new byte[RawHeader.BlockBytes];
        Fill(block, pieces);
        return block;
    }

    private static void Fill(Span<byte> fields, (long Offset, long Length)[] pieces)
    {
        foreach (var (offset, length) in pieces)
        {
            Octal(offset).CopyTo(fields);
            Octal(length).CopyTo(fields[12..]);
            fields = fields[24..];
        }
    }

    private static byte[] Octal(long number) => Encoding.ASCII.GetBytes(Convert.ToString(number, 8).PadLeft(11, '0') + "\0");

    private static byte[] Pax(params string[] records)
    {
        var text = Encoding.ASCII.GetBytes(string.Concat(records.Select(Record)));
        return [.. RawHeader.Of("pax", 'x', text.Length), .. RawHeader.Padded(text)];
    }

    private static string Record(string text)
    {
        var length = text.Length + 3;
        while ($"{length}".Length + text.Length + 2 != length)
        {
            length++;
        }

        return $"{length} {text}\n";
    }

    private static string Map(string numbers) => numbers + new string('\0', -numbers.Length & (RawHeader.BlockBytes - 1));

    private static byte[] Plain(string name, string content) => [.. RawHeader.Of(name, '0', content.Length), .. Data(content)];

    private static byte[] Data(string content) => RawHeader.Padded(Encoding.ASCII.GetBytes(content));
}
