using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Interop;

/// <summary>Reads the names in an open directory one after another, into a buffer that is used again.</summary>
internal sealed class DirectoryReader(int bufferBytes)
{
    // struct linux_dirent64 (getdents(2)): inode 8, offset 8, record length 2, type 1, name.
    private const int OffsetAt = 8;
    private const int LengthAt = 16;
    private const int TypeAt = 18;
    private const int NameAt = 19;
    private const byte Unknown = 0; // DT_UNKNOWN
    private const byte Directory = 4;  // DT_DIR

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(bufferBytes);
    private SafeFileHandle? _directory;
    private int _at;
    private int _end;

    /// <summary>Errno of the call that ended the listing; 0 if it is complete.</summary>
    public int Error { get; private set; }

    /// <summary>The position after the last name read, for <see cref="Attach"/>.</summary>
    public long Position { get; private set; }

    /// <summary>The last name read is a directory's, as far as the file system tells.</summary>
    public bool MayBeDirectory { get; private set; }

    /// <summary>Starts with a directory, at its first entry or at a <see cref="Position"/> of it.</summary>
    public void Attach(SafeFileHandle directory, long position = 0)
    {
        _directory = directory;
        _at = _end = 0;
        Position = position;
        Error = -Libc.Seek(directory, position);
    }

    /// <summary>The next name without its final NUL, or false at the end; valid until the next call.</summary>
    public bool Next(out ReadOnlySpan<byte> name)
    {
        name = default;
        if (_at == _end && !Fill())
        {
            return false;
        }

        var entry = _buffer.AsSpan(_at);
        var length = BinaryPrimitives.ReadUInt16LittleEndian(entry[LengthAt..]);
        Position = BinaryPrimitives.ReadInt64LittleEndian(entry[OffsetAt..]);
        MayBeDirectory = entry[TypeAt] is Unknown or Directory;
        name = entry[NameAt..length];
        name = name[..name.IndexOf((byte)0)];
        _at += length;
        return true;
    }

    private bool Fill()
    {
        var count = Error == 0 && _directory is { } directory ? Libc.ReadDirectory(directory, _buffer) : 0;
        _at = 0;
        _end = Math.Max(count, 0);
        if (count < 0)
        {
            Error = -count;
        }

        return count > 0;
    }
}

/// <summary>What a symbolic link says.</summary>
internal static class LinkText
{
    private const int Longest = 4096; // PATH_MAX

    /// <summary>The bytes of a link in a directory; null if it cannot be read.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="name">With a final NUL.</param>
    public static byte[]? Read(SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        var text = new byte[Longest];
        var length = Libc.ReadLinkAt(directory, name, text);
        return length < 0 ? null : text[..length];
    }
}
