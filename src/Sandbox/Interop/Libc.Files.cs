using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Interop;

// Files through descriptors: nothing here takes a path that is resolved from anywhere but a given directory.
// Every call returns 0 or a count, or the negated errno: a failure is a value here, because files of a job
// vanish and change at any moment. Paths are UTF-8 with a final NUL.

/// <summary>The C library's calls, and system calls it has no function for.</summary>
internal static partial class Libc
{
    private const int AtEmptyPath = 0x1000;
    private const int AtStatxDontSync = 0x4000;
    private const int SyscallOpenat2 = 437;
    private const uint StatxBasicStats = 0x7ff;
    private const int OpenHowSize = 24;
    private const int SeekSet = 0;
    private const int Eintr = 4;

    // A function of glibc since 2.30 only.
    private static readonly nint s_getdents64 = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 61 : 217;

    /// <summary>openat(2); 0 or the negated errno.</summary>
    public static int OpenAt(SafeFileHandle directory, ReadOnlySpan<byte> path, int flags, out SafeFileHandle file)
    {
        var descriptor = openat(directory, in MemoryMarshal.GetReference(path), flags | OpenFlags.CloseOnExec, 0);
        return Take(descriptor, out file);
    }

    // A ".." is not followed while anything is renamed or mounted anywhere on the machine (openat2(2), EAGAIN), and a busy host of jobs mounts all the
    // time. Whoever renames without end is refused in the end.
    private const int MaxResolutions = 1000;

    /// <summary>openat2(2) (Linux 5.6): resolution bounded by <paramref name="resolve"/>; 0 or the negated errno.</summary>
    public static int OpenAt2(SafeFileHandle directory, ReadOnlySpan<byte> path, int flags, ulong resolve, out SafeFileHandle file)
    {
        var how = new OpenHow { Flags = (ulong)(uint)(flags | OpenFlags.CloseOnExec), Resolve = resolve };
        for (var tried = 1; ; tried++)
        {
            var descriptor = openat2(SyscallOpenat2, directory, in MemoryMarshal.GetReference(path), in how, OpenHowSize);
            if (descriptor >= 0 || tried == MaxResolutions || Marshal.GetLastPInvokeError() != Errno.EAGAIN)
            {
                return Take((int)descriptor, out file);
            }
        }
    }

    /// <summary>statx(2) of the open file itself; 0 or the negated errno.</summary>
    public static int Status(SafeFileHandle file, out FileStatus status) =>
        Check(statx(file, in MemoryMarshal.GetReference("\0"u8), AtEmptyPath, StatxBasicStats, out status));

    /// <summary>statx(2) below a directory, through links; never asks a remote server. 0 or the negated errno.</summary>
    public static int StatusAt(SafeFileHandle directory, ReadOnlySpan<byte> path, out FileStatus status) =>
        Check(statx(directory, in MemoryMarshal.GetReference(path), AtStatxDontSync, StatxBasicStats, out status));

    /// <summary>fstatfs(2); 0 or the negated errno.</summary>
    public static int FileSystem(SafeFileHandle file, out FileSystemUsage usage) => Check(fstatfs(file, out usage));

    /// <summary>pread(2); the count or the negated errno.</summary>
    public static int ReadAt(SafeFileHandle file, Span<byte> buffer, long offset) =>
        Check(pread(file, ref MemoryMarshal.GetReference(buffer), buffer.Length, offset));

    /// <summary>What a file holds up to a size; less if it ends, or fails, before.</summary>
    public static byte[] ReadWhole(SafeFileHandle file, int size)
    {
        var bytes = new byte[size];
        var count = 0;
        while (count < size && Read(file, bytes.AsSpan(count)) is var read and > 0)
        {
            count += read;
        }

        return count == size ? bytes : bytes[..count];
    }

    /// <summary>read(2), again after a signal; the count or the negated errno.</summary>
    public static int Read(SafeFileHandle file, Span<byte> buffer)
    {
        int count;
        do
        {
            count = Check(read(file, ref MemoryMarshal.GetReference(buffer), buffer.Length));
        }
        while (count == -Eintr);
        return count;
    }

    /// <summary>write(2) until everything is written; 0 or the negated errno.</summary>
    public static int WriteAll(SafeFileHandle file, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var count = Check(write(file, in MemoryMarshal.GetReference(bytes), bytes.Length));
            if (count < 0 && count != -Eintr)
            {
                return count;
            }

            bytes = bytes[Math.Max(count, 0)..];
        }

        return 0;
    }

    /// <summary>getdents64(2): raw entries; the count of bytes, 0 at the end, or the negated errno.</summary>
    public static int ReadDirectory(SafeFileHandle directory, Span<byte> entries) =>
        Check(getdents64(s_getdents64, directory, ref MemoryMarshal.GetReference(entries), entries.Length));

    /// <summary>lseek(2) from the start; 0 or the negated errno.</summary>
    public static int Seek(SafeFileHandle file, long position) =>
        lseek(file, position, SeekSet) < 0 ? -Marshal.GetLastPInvokeError() : 0;

    /// <summary>mkdir(2) by a path of the host, mode 0700; 0 or the negated errno.</summary>
    public static int MakePrivateDirectory(ReadOnlySpan<byte> path) => Check(mkdir(in MemoryMarshal.GetReference(path), 0x1c0));

    /// <summary>open(2) of a directory of the host for use as a base, following links; 0 or the negated errno.</summary>
    public static int OpenDirectory(ReadOnlySpan<byte> path, out SafeFileHandle directory) =>
        Take(open(in MemoryMarshal.GetReference(path), OpenFlags.Path | OpenFlags.Directory | OpenFlags.CloseOnExec, 0), out directory);

    /// <summary>open(2) of a directory of the host to list and to lock, following links; 0 or the negated errno.</summary>
    public static int OpenDirectoryToList(ReadOnlySpan<byte> path, out SafeFileHandle directory) =>
        Take(open(in MemoryMarshal.GetReference(path), OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.CloseOnExec, 0), out directory);

    /// <summary>memfd_create(2), close-on-exec; 0 or the negated errno.</summary>
    public static int CreateMemoryFile(ReadOnlySpan<byte> name, out SafeFileHandle file) =>
        Take(memfd_create(in MemoryMarshal.GetReference(name), 1), out file);

    /// <summary>An rlimit of this process, RLIM_INFINITY for none (getrlimit(2)).</summary>
    public static (ulong Soft, ulong Hard) Rlimit(int resource)
    {
        Span<ulong> limit = stackalloc ulong[2];
        return getrlimit(resource, ref MemoryMarshal.GetReference(limit)) < 0 ? (ulong.MaxValue, ulong.MaxValue) : (limit[0], limit[1]);
    }

    /// <summary>Lifts the soft limit of open files to the hard one (setrlimit(2)); false if it was there.</summary>
    public static bool LiftOpenFiles()
    {
        const int openFiles = 7; // RLIMIT_NOFILE
        Span<ulong> limit = stackalloc ulong[2];
        if (getrlimit(openFiles, ref MemoryMarshal.GetReference(limit)) < 0 || limit[0] >= limit[1])
        {
            return false;
        }

        limit[0] = limit[1];
        return setrlimit(openFiles, in MemoryMarshal.GetReference(limit)) == 0;
    }

    private static int Take(int descriptor, out SafeFileHandle file)
    {
        var error = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
        file = new SafeFileHandle(descriptor, ownsHandle: true);
        return -error;
    }

    private static int Check(nint result) => result < 0 ? -Marshal.GetLastPInvokeError() : (int)result;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int openat(SafeFileHandle directory, in byte path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open(in byte path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint openat2(nint number, SafeFileHandle directory, in byte path, in OpenHow how, nint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int statx(SafeFileHandle directory, in byte path, int flags, uint mask, out FileStatus status);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fstatfs(SafeFileHandle file, out FileSystemUsage usage);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pread(SafeFileHandle file, ref byte buffer, nint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(SafeFileHandle file, ref byte buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(SafeFileHandle file, in byte buffer, nint count);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint getdents64(nint number, SafeFileHandle directory, ref byte entries, nint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(SafeFileHandle file, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mkdir(in byte path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int memfd_create(in byte name, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getrlimit(int resource, ref ulong limit);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int resource, in ulong limit);
}
