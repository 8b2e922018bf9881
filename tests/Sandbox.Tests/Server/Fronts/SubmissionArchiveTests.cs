using System.IO.Compression;
using System.Text;
using Sandbox.Server.Fronts.Judge0;
using Xunit;

namespace Sandbox.Tests.Server.Fronts;

public sealed class SubmissionArchiveTests
{
    private const long Most = 10240 * 1024;

    [Fact]
    public void Nothing_lies_outside_and_what_is_there_first_stays()
    {
        var archive = Read(Zip(("../../evil", "1", 0), ("/etc/passwd", "2", 0), ("a/./b//c", "3", 0), ("a", "4", 0), ("a/b/c", "5", 0), ("x", "6", 0), ("x/y", "7", 0), ("main.c", "8", 0), ("d\\e", "9", 0)), taken: ["main.c"]);

        Assert.Equal(["evil=1", "etc/passwd=2", "a/b/c=3", "x=6", "d/e=9"], archive.Files.Select(static file => $"{file.Path}={Encoding.UTF8.GetString(file.Content)}"));
    }

    [Fact]
    public void Modes_links_and_empty_directories_come_too()
    {
        var archive = Read(Zip(("run", "x", 0b1_000_000_111_101_101 << 16), ("plain", "x", 0), ("link", "../etc/passwd", 0xA1FF << 16), ("link/below", "x", 0), ("empty/in/", "", 0), ("full/", "", 0), ("full/file", "x", 0)));

        Assert.Equal([("run", 0x1ED), ("plain", 0x1A4), ("full/file", 0x1A4)], archive.Files.Select(static file => (file.Path, file.Mode)));
        Assert.Equal([("link", "../etc/passwd")], archive.Links);
        Assert.Equal(["empty/in"], archive.Directories);
    }

    [Fact]
    public void What_is_too_much_is_refused_before_it_is_held()
    {
        Assert.Contains("entries", Refused(Zip([.. Enumerable.Range(0, 1001).Select(static number => ($"f{number}", "", 0))])), StringComparison.Ordinal);
        Assert.Contains("in one file", Refused(Zip(("big", Random(300_000), 0)), most: 100_000), StringComparison.Ordinal);
        Assert.Contains("in all", Refused(Zip([.. Enumerable.Range(0, 9).Select(static number => ($"f{number}", Random(90_000), 0))]), most: 100_000), StringComparison.Ordinal);
        Assert.Contains("compressed size", Refused(Zip(("bomb", new string('0', 9_000_000), 0))), StringComparison.Ordinal);
        Assert.Contains("too long", Refused(Zip((string.Join('/', Enumerable.Repeat("d", 40)), "x", 0))), StringComparison.Ordinal);
        Assert.Contains("too long", Refused(Zip((new string('n', 300), "x", 0))), StringComparison.Ordinal);
        Assert.Contains("links", Refused(Zip([.. Enumerable.Range(0, 65).Select(static number => ($"l{number}", "t", 0xA1FF << 16))])), StringComparison.Ordinal);
        Assert.Contains("no", Refused("PK nothing of the kind"u8.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_size_that_the_archive_tells_is_not_believed()
    {
        var zip = Zip(("big", Random(300_000), 0));
        // The central directory and the local header say 1 byte.
        foreach (var signature in (byte[][])[[0x50, 0x4B, 1, 2], [0x50, 0x4B, 3, 4]])
        {
            var at = zip.AsSpan().IndexOf(signature);
            BitConverter.TryWriteBytes(zip.AsSpan(at + (signature[2] == 1 ? 24 : 22)), 1);
        }

        try
        {
            Assert.All(SubmissionArchive.Read(zip, 100_000, []).Files, static file => Assert.True(file.Content.Length <= 100_000));
        }
        catch (FormatException refused)
        {
            Assert.NotEmpty(refused.Message);
        }
    }

    [Fact]
    public void No_bytes_make_it_fail()
    {
        var mutator = new ByteMutator([Zip(("a/b", "text", 0), ("run", "x", 0x1ED << 16), ("link", "t", 0xA1FF << 16), ("d/", "", 0)), Zip(("z", Random(5000), 0))], ["PK\u0001\u0002"u8.ToArray(), [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0], "../"u8.ToArray()], new Random(14));
        var read = 0;

        for (var turn = 0; turn < 3000; turn++)
        {
            try
            {
                var archive = Read(mutator.Next());
                Assert.All(archive.Files, static file => Assert.DoesNotContain("..", file.Path.Split('/')));
                read++;
            }
            catch (FormatException)
            {
                // said
            }
        }

        Assert.True(read > 30, $"{read}");
    }

    /// <summary>An archive of names, contents and external attributes.</summary>
    internal static byte[] Zip(params (string Name, string Content, int Attributes)[] entries)
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content, attributes) in entries)
            {
                var entry = archive.CreateEntry(name);
                entry.ExternalAttributes = attributes;
                using var stream = entry.Open();
                stream.Write(Encoding.UTF8.GetBytes(content));
            }
        }

        return bytes.ToArray();
    }

    private static SubmissionArchive Read(byte[] zip, long most = Most, string[]? taken = null) => SubmissionArchive.Read(zip, most, taken ?? []);

    private static string Refused(byte[] zip, long most = Most) => Assert.Throws<FormatException>(() => Read(zip, most)).Message;

    private static string Random(int length)
    {
        var random = new Random(1);
        return string.Create(length, random, static (text, random) =>
        {
            for (var index = 0; index < text.Length; index++)
            {
                text[index] = (char)random.Next(32, 127);
            }
        });
    }
}
