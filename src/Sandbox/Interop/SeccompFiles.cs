using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Interop;

/// <summary>The few file calls that compiling and caching policies needs and .NET lacks.</summary>
internal static partial class SeccompFiles
{
    private const uint CloseOnExec = 1;
    private const int EmptyPath = 0x1000;
    private const uint BasicStats = 0x7ff;
    private const int FileTypeMask = 0xf000;
    private const int RegularFile = 0x8000;
    private const int WritableByOthers = 0x12;

    /// <summary>A file in memory (memfd_create(2)).</summary>
    public static SafeFileHandle CreateMemoryFile()
    {
        var file = memfd_create("seccomp-policy", CloseOnExec);
        return file.IsInvalid
            ? throw new SandboxException("no file in memory can be made") { Operation = Operation.CompilePolicy, Errno = Errno.Name(Marshal.GetLastPInvokeError()) }
            : file;
    }

    /// <summary>
    /// Whether the file, or directory, is this user's and no one else can write to it: only then what is in it is
    /// what this user put there.
    /// </summary>
    public static bool IsPrivate(SafeFileHandle file) =>
        statx(file, "", EmptyPath, BasicStats, out var status) == 0 && status.IsPrivate && (status.Mode & FileTypeMask) == RegularFile;

    /// <inheritdoc cref="IsPrivate(SafeFileHandle)"/>
    public static bool IsPrivate(string directory)
    {
        const int CurrentDirectory = -100;
        return statx_path(CurrentDirectory, directory, 0, BasicStats, out var status) == 0 && status.IsPrivate;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial SafeFileHandle memfd_create(string name, uint flags);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int statx(SafeFileHandle file, string path, int flags, uint mask, out Status status);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int statx_path(int directory, string path, int flags, uint mask, out Status status);

    [LibraryImport("libc")]
    private static partial uint geteuid();

    // struct statx, the same on every architecture, unlike struct stat.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Status
    {
        [FieldOffset(20)]
        public uint Owner;

        [FieldOffset(28)]
        public ushort Mode;

        public readonly bool IsPrivate => Owner == geteuid() && (Mode & WritableByOthers) == 0;
    }
}
