using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Cli.Interop;

// By the requests of tty_ioctl(2): their numbers and structures are equal on x86_64 and aarch64 (asm-generic/ioctls.h).

/// <summary>The caller's terminal, and job control.</summary>
internal static partial class TerminalDevice
{
    /// <summary>It is a terminal.</summary>
    public static bool Is(SafeFileHandle file) => ModesOf(file, out _) == 0;

    /// <summary>How it treats what goes through it; 0 or the negated errno, ENOTTY for what is none.</summary>
    public static int ModesOf(SafeFileHandle terminal, out TerminalModes modes)
    {
        modes = default;
        return ioctl(terminal, 0x5401 /* TCGETS */, ref modes) < 0 ? -Marshal.GetLastPInvokeError() : 0;
    }

    /// <summary>Sets that at once: waiting for output to drain could take for ever (^S). 0 or the negated errno.</summary>
    public static int SetModes(SafeFileHandle terminal, TerminalModes modes) => ioctl(terminal, 0x5402 /* TCSETS */, ref modes) < 0 ? -Marshal.GetLastPInvokeError() : 0;

    /// <summary>The size of its window, both at least 1; null for what is no terminal, and for a terminal that does not know.</summary>
    public static (int Rows, int Columns)? WindowOf(SafeFileHandle terminal)
    {
        var size = default(WindowSize);
        return ioctl(terminal, 0x5413 /* TIOCGWINSZ */, ref size) == 0 && size is { Rows: > 0, Columns: > 0 } ? (size.Rows, size.Columns) : null;
    }

    /// <summary>Tells it, and whoever is at its other end, that its window has another size (TIOCSWINSZ).</summary>
    public static void SetWindow(SafeFileHandle terminal, int rows, int columns)
    {
        var size = new WindowSize { Rows = (ushort)rows, Columns = (ushort)columns };
        _ = ioctl(terminal, 0x5414 /* TIOCSWINSZ */, ref size);
    }

    /// <summary>
    /// This process may change it without being stopped for that (SIGTTOU, setpgid(2)): it is in the foreground, or the terminal is not its controlling one.
    /// </summary>
    public static bool MayChange(SafeFileHandle terminal)
    {
        var group = 0;
        return ioctl(terminal, 0x540f /* TIOCGPGRP */, ref group) < 0 || group == getpgrp();
    }

    /// <summary>Stops this process, as the default action of SIGTSTP does.</summary>
    public static void StopSelf() => _ = kill(Environment.ProcessId, 19 /* SIGSTOP */);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeFileHandle file, nuint request, ref TerminalModes modes);

    [LibraryImport("libc")]
    private static partial int ioctl(SafeFileHandle file, nuint request, ref WindowSize size);

    [LibraryImport("libc")]
    private static partial int ioctl(SafeFileHandle file, nuint request, ref int value);

    [LibraryImport("libc")]
    private static partial int getpgrp();

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);

    private struct WindowSize
    {
        public ushort Rows;
        public ushort Columns;
        public ushort Width;
        public ushort Height;
    }
}

/// <summary>The kernel's struct termios (asm-generic/termbits.h), which is not the C library's.</summary>
internal struct TerminalModes
{
    private const uint InputTranslation = 0x1 | 0x2 | 0x8 | 0x20 | 0x40 | 0x80 | 0x100 | 0x400; // IGNBRK BRKINT PARMRK ISTRIP INLCR IGNCR ICRNL IXON
    private const uint OutputTranslation = 0x1;                                                // OPOST
    private const uint CharacterSize = 0x30;                                                   // CSIZE
    private const uint EightBits = 0x30;                                                       // CS8
    private const uint Parity = 0x100;                                                         // PARENB
    private const uint LineEditing = 0x1 | 0x2 | 0x8 | 0x40 | 0x8000;                          // ISIG ICANON ECHO ECHONL IEXTEN
    private const int TimeIndex = 5;                                                           // VTIME
    private const int LeastIndex = 6;                                                          // VMIN

    public uint Input;
    public uint Output;
    public uint Control;
    public uint Local;
    public byte Line;
    public Characters ControlCharacters;

    /// <summary>The same terminal, but every byte goes through as it is (termios(3), cfmakeraw).</summary>
    public readonly TerminalModes Raw()
    {
        var raw = this;
        raw.Input &= ~InputTranslation;
        raw.Output &= ~OutputTranslation;
        raw.Control = (raw.Control & ~(CharacterSize | Parity)) | EightBits;
        raw.Local &= ~LineEditing;
        raw.ControlCharacters[LeastIndex] = 1;
        raw.ControlCharacters[TimeIndex] = 0;
        return raw;
    }

    [InlineArray(19)]
    internal struct Characters
    {
        private byte _first;
    }
}
