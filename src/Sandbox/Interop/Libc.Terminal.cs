using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Interop;

// Terminals, by the requests of tty_ioctl(2): their numbers and structures are equal on x86_64 and
// aarch64 (asm-generic/ioctls.h). As in Libc.Files.cs every call returns 0 or the negated errno.

internal static partial class Libc
{
    private const int GetAttributes = 0x5401;       // TCGETS
    private const int GetUnread = 0x541B;           // FIONREAD
    private const int GetUnsent = 0x5411;           // TIOCOUTQ, of a socket SIOCOUTQ
    private const int SetWindowSize = 0x5414;       // TIOCSWINSZ

    /// <summary>How a terminal treats what goes through it; of the master of a pair, how the slave does. ENOTTY for what is none.</summary>
    public static int ModesOf(SafeFileHandle terminal, out TerminalModes modes)
    {
        modes = default;
        return Check(ioctl(terminal, GetAttributes, ref modes));
    }

    /// <summary>Sets the size of a terminal's window; the kernel tells the foreground process group by SIGWINCH if it changed.</summary>
    public static int Resize(SafeFileHandle terminal, TerminalSize size)
    {
        var sizes = new WindowSizes { Rows = size.Rows, Columns = size.Columns };
        return Check(ioctl(terminal, SetWindowSize, ref sizes));
    }

    /// <summary>Bytes of memory that messages take which the other end of a socket has yet to read (unix(7), SIOCOUTQ), or the negated errno.</summary>
    public static int Unread(SafeFileHandle socket) => Check(ioctl(socket, GetUnsent, out int bytes)) is var error and < 0 ? error : bytes;

    /// <summary>Bytes that can be read from a pipe now (FIONREAD, ioctl_pipe(2)); or the negated errno.</summary>
    public static int ReadableBytes(SafeFileHandle pipe) => Check(ioctl(pipe, GetUnread, out int bytes)) is var error and < 0 ? error : bytes;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeFileHandle file, nuint request, ref TerminalModes modes);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeFileHandle file, nuint request, ref WindowSizes sizes);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeFileHandle file, nuint request, out int value);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    private struct WindowSizes
    {
        public ushort Rows;
        public ushort Columns;
        public ushort Width;
        public ushort Height;
    }
}
