using System.Runtime.InteropServices;
using System.Text;

namespace Sandbox.Interop;

/// <summary>Looking at the host's directories: statx, readlink and readdir, without an exception for what is missing.</summary>
internal static unsafe partial class Libc
{
    /// <summary>What a path is; <see cref="HostEntryKind.Hidden"/> for every error but absence.</summary>
    public static HostEntryKind LookAt(string path, bool follow, out long size)
    {
        const int currentDirectory = -100;
        const int noFollow = 0x100;
        const uint typeAndSize = 0x1 | 0x200;
        const int noEntry = 2;
        const int notDirectory = 20;
        StatxBuffer status;
        size = 0;
        if (StatxOf(currentDirectory, path, follow ? 0 : noFollow, typeAndSize, &status) < 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            return errno is noEntry or notDirectory ? HostEntryKind.Missing : HostEntryKind.Hidden;
        }

        size = (long)status.Size;
        return (status.Mode & 0xF000) switch
        {
            0x4000 => HostEntryKind.Directory,
            0x8000 => HostEntryKind.File,
            0xA000 => HostEntryKind.Symlink,
            _ => HostEntryKind.Special,
        };
    }

    /// <summary>What a symbolic link says, or null.</summary>
    public static string? LinkText(string path)
    {
        const int longestPath = 4096;
        var text = stackalloc byte[longestPath];
        var length = (int)ReadLinkOf(path, text, longestPath);
        return length <= 0 ? null : Encoding.UTF8.GetString(text, length);
    }

    /// <summary>The names in a directory without "." and "..", unsorted; kind Hidden where readdir does not tell.</summary>
    public static List<HostEntry> ListDirectory(string path)
    {
        var entries = new List<HostEntry>();
        var directory = OpenDirectory(path);
        if (directory == 0)
        {
            return entries;
        }

        for (var entry = ReadDirectory(directory); entry is not null; entry = ReadDirectory(directory))
        {
            var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry->Name);
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
            {
                entries.Add(new HostEntry(Encoding.UTF8.GetString(name), KindOf(entry->Type)));
            }
        }

        _ = CloseDirectory(directory);
        return entries;
    }

    private static HostEntryKind KindOf(byte type) => type switch
    {
        4 => HostEntryKind.Directory,
        8 => HostEntryKind.File,
        10 => HostEntryKind.Symlink,
        0 => HostEntryKind.Hidden,
        _ => HostEntryKind.Special,
    };

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatxOf(int directory, string path, int flags, uint mask, StatxBuffer* status);

    [LibraryImport("libc", EntryPoint = "readlink", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint ReadLinkOf(string path, byte* text, nuint size);

    [LibraryImport("libc", EntryPoint = "opendir", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint OpenDirectory(string path);

    [LibraryImport("libc", EntryPoint = "readdir")]
    private static partial DirectoryEntry* ReadDirectory(nint directory);

    [LibraryImport("libc", EntryPoint = "closedir")]
    private static partial int CloseDirectory(nint directory);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUid();

    [LibraryImport("libc", EntryPoint = "getegid")]
    public static partial uint EffectiveGid();

    // struct statx (statx(2)) is the same on every architecture, unlike struct stat.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatxBuffer
    {
        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(40)]
        public ulong Size;
    }

    // struct dirent of glibc and musl on 64-bit systems (readdir(3)).
    [StructLayout(LayoutKind.Explicit)]
    private struct DirectoryEntry
    {
        [FieldOffset(18)]
        public byte Type;

        [FieldOffset(19)]
        public fixed byte Name[256];
    }
}
