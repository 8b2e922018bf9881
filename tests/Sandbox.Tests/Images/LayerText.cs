using System.Formats.Tar;
using System.Text;

namespace Sandbox.Tests.Images;

#pragma warning disable CA1001 // Writer and stream hold nothing but memory, and the end mark is written by ToArray.

/// <summary>A layer being written, entry by entry, by the framework's writer.</summary>
internal sealed class LayerText
{
    private readonly MemoryStream _bytes = new();
    private readonly TarWriter _writer;

    public LayerText(TarEntryFormat format = TarEntryFormat.Pax) => _writer = new TarWriter(_bytes, format, leaveOpen: true);

    public static DateTimeOffset Time { get; } = DateTimeOffset.FromUnixTimeSeconds(1_600_000_000);

    public LayerText File(string name, string text = "", int mode = 0x1a4) => Add(TarEntryType.RegularFile, name, "", mode, Encoding.UTF8.GetBytes(text));

    public LayerText Directory(string name, int mode = 0x1ed) => Add(TarEntryType.Directory, name, "", mode);

    public LayerText Link(string name, string target) => Add(TarEntryType.SymbolicLink, name, target);

    public LayerText HardLink(string name, string target) => Add(TarEntryType.HardLink, name, target);

    public LayerText Fifo(string name) => Add(TarEntryType.Fifo, name, "");

    public LayerText Device(string name) => Add(TarEntryType.CharacterDevice, name, "");

    /// <summary>Bytes between the entries, as only a hostile writer would put them there.</summary>
    public LayerText Raw(params byte[][] blocks)
    {
        foreach (var block in blocks)
        {
            _bytes.Write(block);
        }

        return this;
    }

    public byte[] ToArray()
    {
        _writer.Dispose();
        return _bytes.ToArray();
    }

    private LayerText Add(TarEntryType type, string name, string link, int mode = 0x1a4, byte[]? content = null)
    {
        var entry = new PaxTarEntry(type, name) { Mode = (UnixFileMode)mode, ModificationTime = Time };
        if (link.Length > 0)
        {
            entry.LinkName = link;
        }

        if (content is not null)
        {
            entry.DataStream = new MemoryStream(content);
        }

        _writer.WriteEntry(entry);
        return this;
    }
}
