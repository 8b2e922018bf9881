using System.Formats.Tar;
using System.Text;
using Sandbox.Images;
using Xunit;
using TarEntry = Sandbox.Images.TarEntry;
using TarReader = Sandbox.Images.TarReader;

namespace Sandbox.Tests.Images;

public sealed class TarReaderTests
{
    private static readonly string s_longName = string.Join('/', Enumerable.Repeat("a-rather-long-name-of-a-directory", 10)) + "/file";

    public static TheoryData<TarEntryFormat> Formats => [TarEntryFormat.V7, TarEntryFormat.Ustar, TarEntryFormat.Pax, TarEntryFormat.Gnu];

    [Theory]
    [MemberData(nameof(Formats))]
    public void Every_format_is_read(TarEntryFormat format)
    {
        var bytes = new MemoryStream();
        using (var writer = new TarWriter(bytes, format, leaveOpen: true))
        {
            writer.WriteEntry(Entry(format, TarEntryType.Directory, "d/"));
            writer.WriteEntry(Entry(format, format == TarEntryFormat.V7 ? TarEntryType.V7RegularFile : TarEntryType.RegularFile, "d/f", "hello"));
            writer.WriteEntry(Entry(format, TarEntryType.SymbolicLink, "d/l", link: "f"));
        }

        var entries = Read(bytes.ToArray());

        Assert.Equal([(TarKind.Directory, "d/", ""), (TarKind.File, "d/f", "hello"), (TarKind.SymbolicLink, "d/l", "")], entries.Select(entry => (entry.Entry.Kind, entry.Entry.Name, entry.Content)));
        Assert.Equal("f", entries[2].Entry.Link);
        Assert.All(entries, entry => Assert.Equal((0x1e8, 1_600_000_000L), (entry.Entry.Mode, entry.Entry.Modified.Seconds)));
    }

    [Theory]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Gnu)]
    public void A_long_name_and_a_long_target_are_read(TarEntryFormat format)
    {
        var bytes = new MemoryStream();
        using (var writer = new TarWriter(bytes, format, leaveOpen: true))
        {
            writer.WriteEntry(Entry(format, TarEntryType.SymbolicLink, s_longName, link: s_longName));
        }

        var (entry, _) = Assert.Single(Read(bytes.ToArray()));

        Assert.Equal((s_longName, s_longName), (entry.Name, entry.Link));
    }

    [Fact]
    public void An_extended_attribute_of_any_bytes_is_passed_over()
    {
        byte[] archive = [.. RawHeader.Pax("SCHILY.xattr.security.capability", [1, 0, (byte)'\n', 0xff, 0]), .. RawHeader.Of("ping", '0'), .. new byte[1024]];

        var (entry, _) = Assert.Single(Read(archive));

        Assert.Equal("ping", entry.Name);
    }

    [Fact]
    public void A_time_before_1970_with_a_fraction_is_exact()
    {
        byte[] archive = [.. RawHeader.Pax("mtime", "-1.25"u8.ToArray()), .. RawHeader.Of("old", '0'), .. new byte[1024]];

        var (entry, _) = Assert.Single(Read(archive));

        Assert.Equal((-2L, 750_000_000L), (entry.Modified.Seconds, entry.Modified.Nanoseconds));
    }

    [Fact]
    public void A_link_has_no_content_whatever_its_size_says()
    {
        byte[] archive = [.. RawHeader.Of("a", '0'), .. RawHeader.Of("b", '1', 3, "a"), .. RawHeader.Of("c", '0'), .. new byte[1024]];

        Assert.Equal(["a", "b", "c"], Read(archive).Select(entry => entry.Entry.Name));
    }

    [Fact]
    public void An_archive_may_end_without_its_end_mark()
    {
        Assert.Single(Read(RawHeader.Of("a", '0')));
    }

    [Fact]
    public void An_archive_may_end_with_the_last_byte_of_a_file()
    {
        byte[] archive = [.. RawHeader.Of("a", '0', 3), .. "abc"u8];

        Assert.Equal("abc", Assert.Single(Read(archive)).Content);
    }

    public static TheoryData<string, byte[]> Broken => new()
    {
        { "wrong checksum", [.. RawHeader.Of("a", '0').Select((one, i) => i == 0 ? (byte)'b' : one)] },
        { "middle of a header", RawHeader.Of("a", '0')[..100] },
        { "middle of a file", RawHeader.Of("a", '0', 5000) },
        { "larger than 1 MiB", RawHeader.Of("a", 'x', 0x7fffffff) },
        { "larger than 1 MiB", [.. Enumerable.Repeat(RawHeader.Pax("comment", new byte[400_000]), 4).SelectMany(one => one)] },
        { "sparse", RawHeader.Of("a", 'S', size: 1) },
        { "sparse", [.. RawHeader.Pax("GNU.sparse.major", "1"u8.ToArray()), .. RawHeader.Of("a", '0')] },
        { "unknown type", RawHeader.Of("a", 'Z') },
        { "not UTF-8", RawHeader.Of("a\xff", '0') },
        { "not UTF-8", [.. RawHeader.Pax("path", [0xc0, 0xaf]), .. RawHeader.Of("a", '0')] },
        { "damaged extended header", [.. RawHeader.Of("x", 'x', 9), .. RawHeader.Padded("999 a=b\n\n"u8.ToArray())] },
        { "damaged size", [.. RawHeader.Pax("size", "-1"u8.ToArray()), .. RawHeader.Of("a", '0')] },
        { "damaged time", [.. RawHeader.Pax("mtime", "soon"u8.ToArray()), .. RawHeader.Of("a", '0')] },
        { "damaged header", RawHeader.Of("a", '0', change: block => block[124] = (byte)'x') },
        { "damaged header", RawHeader.Of("a", '0', change: block => block.AsSpan(124, 12).Fill(0xff)) },
        { "changes the names", [.. RawHeader.Pax("path", "evil"u8.ToArray(), 'g'), .. RawHeader.Of("a", '0')] },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_archive_is_refused_with_the_reason(string reason, byte[] archive)
    {
        var failure = Assert.Throws<InvalidImageException>(() => Read(archive));

        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damage_of_any_kind_ends_in_entries_or_in_a_refusal()
    {
        var random = new Random(20_240_506);
        var archive = new LayerText().Directory("d/").File("d/f", "content").Link("d/l", s_longName).HardLink("h", "d/f").File(s_longName, "x").ToArray();
        for (var round = 0; round < 5000; round++)
        {
            var damaged = archive.ToArray();
            var block = damaged.AsSpan(random.Next(archive.Length / RawHeader.BlockBytes) * RawHeader.BlockBytes, RawHeader.BlockBytes);
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                block[random.Next(block.Length)] = (byte)random.Next(256);
            }
            // With a wrong checksum most of it would end at once.
            RawHeader.Sign(block);

            var failure = Record.Exception(() => Read(damaged[..random.Next(damaged.Length)]));

            Assert.True(failure is null or InvalidImageException, $"round {round}: {failure}");
        }
    }

    private static List<(TarEntry Entry, string Content)> Read(byte[] archive)
    {
        var reader = new TarReader(new MemoryStream(archive), new("/test.tar"));
        var entries = new List<(TarEntry, string)>();
        while (reader.Next() is { } entry)
        {
            var content = new StringBuilder();
            while (reader.NextPiece(out var piece, out _))
            {
                content.Append(Encoding.UTF8.GetString(piece));
            }

            entries.Add((entry, content.ToString()));
        }

        return entries;
    }

    private static System.Formats.Tar.TarEntry Entry(TarEntryFormat format, TarEntryType type, string name, string? text = null, string? link = null)
    {
        System.Formats.Tar.TarEntry entry = format switch
        {
            TarEntryFormat.V7 => new V7TarEntry(type, name),
            TarEntryFormat.Ustar => new UstarTarEntry(type, name),
            TarEntryFormat.Gnu => new GnuTarEntry(type, name),
            _ => new PaxTarEntry(type, name),
        };
        (entry.Mode, entry.ModificationTime) = ((UnixFileMode)0x1e8, LayerText.Time);
        if (text is not null)
        {
            entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        }

        if (link is not null)
        {
            entry.LinkName = link;
        }

        return entry;
    }
}
