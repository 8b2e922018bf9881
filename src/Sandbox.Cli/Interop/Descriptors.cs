using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Cli.Interop;

// The framework has no way to ask a descriptor these things, and its console brings encodings and terminal settings along. Every call returns 0 or a count,
// or the negated errno; what differs between architectures (struct stat, O_NOFOLLOW) is not used.

/// <summary>What the command asks the kernel of descriptors that it was started with.</summary>
internal static unsafe partial class Descriptors
{
    public const int EINTR = 4;
    public const int EAGAIN = 11;
    public const int ReadOnly = 0;
    public const int WriteOnly = 1;

    private const int ReadWrite = 2;
    private const int CloseOnExec = 0x80000;
    private const int PathOnly = 0x200000;

    /// <summary>The descriptor is open and came through execve, which close-on-exec ones do not (execve(2)): this process did not open it itself.</summary>
    public static bool IsInherited(SafeFileHandle file) => fcntl(file, 1 /* F_GETFD */, 0) == 0;

    /// <summary>Whether it is to be read, written or both (open(2)); null if it is closed, or for neither (O_PATH).</summary>
    public static int? AccessOf(SafeFileHandle file) =>
        !file.IsInvalid && fcntl(file, 3 /* F_GETFL */, 0) is >= 0 and var flags && (flags & PathOnly) == 0 ? flags & 3 /* O_ACCMODE */ : null;

    /// <summary>open(2) of /dev/null, to be inherited like the descriptor it stands for.</summary>
    public static SafeFileHandle OpenNull(int access) => new(open("/dev/null", access, 0), ownsHandle: true);

    /// <summary>pipe2(2), whose writer does not wait; 0 or the negated errno.</summary>
    public static int Pipe(out SafeFileHandle reader, out SafeFileHandle writer)
    {
        var ends = stackalloc int[2] { -1, -1 };
        var error = Check(pipe2(ends, CloseOnExec | 0x800 /* O_NONBLOCK */));
        (reader, writer) = (new(ends[0], ownsHandle: true), new(ends[1], ownsHandle: true));
        return error;
    }

    /// <summary>dup2(2) of /dev/null onto these numbers: whoever has the other ends finds that they are closed.</summary>
    public static void Cover(int count)
    {
        using var nothing = new SafeFileHandle(open("/dev/null", ReadWrite | CloseOnExec, 0), ownsHandle: true);
        for (var number = 0; number < count && !nothing.IsInvalid; number++)
        {
            _ = dup2(nothing, number);
        }
    }

    /// <summary>statx(2); null if the descriptor is closed.</summary>
    public static DescriptorStatus? StatusOf(SafeFileHandle file) => statx(file, "", 0x1000 /* AT_EMPTY_PATH */, 0x7ff /* STATX_BASIC_STATS */, out var status) == 0 ? status : null;

    /// <summary>A file of bytes that are there, and no pipe or device, which would be waited for.</summary>
    /// <param name="path">Followed where it is a link.</param>
    public static bool IsRegular(string path) =>
        statxAt(-100 /* AT_FDCWD */, path, 0, 0x7ff /* STATX_BASIC_STATS */, out var status) == 0 && status.IsRegular;

    /// <summary>write(2) once; the count, or the negated errno.</summary>
    public static int Write(SafeFileHandle file, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            return Check(write(file, start, bytes.Length));
        }
    }

    /// <summary>read(2), once there is something; how much, and 0 at the end. Whoever gave the descriptor may have set it not to block.</summary>
    /// <exception cref="IOException">The message is the errno.</exception>
    public static int Read(SafeFileHandle file, Span<byte> bytes)
    {
        while (true)
        {
            int count;
            fixed (byte* start = bytes)
            {
                count = Check(read(file, start, bytes.Length));
            }

            switch (count)
            {
                case -EINTR:
                    break;
                case -EAGAIN:
                    var entry = new PollEntry { Descriptor = (int)file.DangerousGetHandle(), Wanted = 1 /* POLLIN */ };
                    _ = poll(&entry, 1, -1);
                    break;
                case < 0:
                    throw new IOException(ErrnoNames.Of(-count), -count);
                default:
                    return count;
            }
        }
    }

    /// <summary>poll(2) for writing; true once something can be written, or will fail.</summary>
    /// <param name="file">The descriptor.</param>
    /// <param name="patience">Null for ever.</param>
    public static bool IsWritable(SafeFileHandle file, TimeSpan? patience) => Poll(file, patience) != 0;

    /// <summary>A pipe that nobody reads any more (poll(2), POLLERR).</summary>
    public static bool HasNoReader(SafeFileHandle pipe) => (Poll(pipe, TimeSpan.Zero) & 8) != 0;

    /// <summary>realpath(3): no link, no dot; null if there is nothing, or nothing that may be seen.</summary>
    public static string? RealPath(string path)
    {
        var buffer = stackalloc byte[4096]; // PATH_MAX
        return realpath(path, buffer) is null ? null : Marshal.PtrToStringUTF8((nint)buffer);
    }

    private static int Poll(SafeFileHandle file, TimeSpan? patience)
    {
        var entry = new PollEntry { Descriptor = (int)file.DangerousGetHandle(), Wanted = 4 /* POLLOUT */ };
        return poll(&entry, 1, patience is { } time ? (int)time.TotalMilliseconds : -1) > 0 ? entry.Ready : 0;
    }

    private static int Check(nint result) => result < 0 ? -Marshal.GetLastPInvokeError() : (int)result;

    [LibraryImport("libc")]
    private static partial int fcntl(SafeFileHandle file, int command, nint argument);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe2(int* ends, int flags);

    [LibraryImport("libc")]
    private static partial int dup2(SafeFileHandle file, int number);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(SafeFileHandle file, string path, int flags, uint mask, out DescriptorStatus status);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statxAt(int directory, string path, int flags, uint mask, out DescriptorStatus status);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(SafeFileHandle file, byte* bytes, nint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(SafeFileHandle file, byte* bytes, nint count);

    [LibraryImport("libc")]
    private static partial int poll(PollEntry* entries, nuint count, int milliseconds);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial byte* realpath(string path, byte* buffer);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Wanted;
        public short Ready;
    }
}

/// <summary>What is behind a descriptor: struct statx (linux/stat.h), which is the same on every architecture.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal readonly struct DescriptorStatus
{
    [FieldOffset(28)]
    private readonly ushort _mode;

    [FieldOffset(32)]
    private readonly ulong _inode;

    [FieldOffset(136)]
    private readonly ulong _device;

    public bool IsRegular => (_mode & 0xf000) == 0x8000;

    public bool IsFifo => (_mode & 0xf000) == 0x1000;

    public bool IsCharacterDevice => (_mode & 0xf000) == 0x2000;

    public bool IsSame(DescriptorStatus other) => _inode == other._inode && _device == other._device;
}
