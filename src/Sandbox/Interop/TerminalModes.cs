using System.Runtime.CompilerServices;

namespace Sandbox.Interop;

/// <summary>The kernel's struct termios (asm-generic/termbits.h), which is not the C library's.</summary>
internal struct TerminalModes
{
    private const int EndOfFileIndex = 4; // VEOF

    public uint Input;
    public uint Output;
    public uint Control;
    public uint Local;
    public byte Line;
    public Characters ControlCharacters;

    /// <summary>What a user types to end the input; 0 for nothing (_POSIX_VDISABLE).</summary>
    public readonly byte EndOfFile => ControlCharacters[EndOfFileIndex];

    [InlineArray(19)]
    internal struct Characters
    {
        private byte _first;
    }
}

/// <summary>How many characters a terminal shows (tty_ioctl(2), struct winsize); both at least 1.</summary>
internal readonly record struct TerminalSize(ushort Rows, ushort Columns)
{
    /// <summary>Of a job that nobody looks at: what programs take for granted.</summary>
    public static readonly TerminalSize Usual = new(24, 80);
}
