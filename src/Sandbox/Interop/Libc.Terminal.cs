using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Interop;

// Terminals and job control, by the requests of tty_ioctl(2): their numbers and structures are equal on x86_64 and
// aarch64 (asm-generic/ioctls.h). As in Libc.Files.cs every call returns 0 or the negated errno.

internal static partial class Libc
{
    private const int GetAttributes = 0x5401;       // TCGETS
    private const int SetAttributesNow = 0x5402;    // TCSETS
    private const int GetForegroundGroup = 0x540f;  // TIOCGPGRP
    private const int GetUnsent = 0x5411;           // TIOCOUTQ, of a socket SIOCOUTQ
    private const int GetWindowSize = 0x5413;       // TIOCGWINSZ
    private const int SetWindowSize = 0x5414;       // TIOCSWINSZ

    /// <summary>How a terminal treats what goes through it; of the master of a pair, how the slave does. ENOTTY for what is none.</summary>
    public static int ModesOf(SafeFileHandle terminal, out TerminalModes modes)
    {
        modes = default;
        return Check(ioctl(terminal, GetAttributes, ref modes));
    }

    /// <summary>Sets them at once: waiting for output to drain could take for ever (^S).</summary>
    public static int SetModes(SafeFileHandle terminal, TerminalModes modes) => Check(ioctl(terminal, SetAttributesNow, ref modes));

    /// <summary>The size of a terminal's window; null for what is no terminal, and for a terminal that does not know.</summary>
    public static TerminalSize? WindowSize(SafeFileHandle terminal)
    {
        var sizes = default(WindowSizes);
        return ioctl(terminal, GetWindowSize, ref sizes) == 0 && sizes is { Rows: > 0, Columns: > 0 }
            ? new TerminalSize(sizes.Rows, sizes.Columns)
            : null;
    }

    /// <summary>Sets it; the kernel tells the foreground process group by SIGWINCH if it changed.</summary>
    public static int Resize(SafeFileHandle terminal, TerminalSize size)
    {
        var sizes = new WindowSizes { Rows = size.Rows, Columns = size.Columns };
        return Check(ioctl(terminal, SetWindowSize, ref sizes));
    }

    /// <summary>
    /// This process may change the terminal without being stopped for it (SIGTTOU, setpgid(2)): it is in the foreground, or the terminal is
    /// not its controlling one.
    /// </summary>
    public static bool MayChange(SafeFileHandle terminal) => ioctl(terminal, GetForegroundGroup, out int group) < 0 || group == getpgrp();

    /// <summary>Bytes of memory that messages take which the other end of a socket has yet to read (unix(7), SIOCOUTQ), or the negated errno.</summary>
    public static int Unread(SafeFileHandle socket) => Check(ioctl(socket, GetUnsent, out int bytes)) is var error and < 0 ? error : bytes;

    /// <summary>Stops this process, as the default action of SIGTSTP does.</summary>
    public static void StopSelf() => _ = kill(Environment.ProcessId, 19 /* SIGSTOP */);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeFileHandle file, nuint request, ref TerminalModes modes);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeFileHandle file, nuint request, ref WindowSizes sizes);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeFileHandle file, nuint request, out int value);

    [LibraryImport("libc")]
    private static partial int getpgrp();

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
