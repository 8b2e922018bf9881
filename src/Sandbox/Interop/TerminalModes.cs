using System.Runtime.CompilerServices;

namespace Sandbox.Interop;

/// <summary>The kernel's struct termios (asm-generic/termbits.h), which is not the C library's.</summary>
internal struct TerminalModes
{
    private const uint InputTranslation = 0x1 | 0x2 | 0x8 | 0x20 | 0x40 | 0x80 | 0x100 | 0x400; // IGNBRK BRKINT PARMRK ISTRIP INLCR IGNCR ICRNL IXON
    private const uint OutputTranslation = 0x1;                                                // OPOST
    private const uint CharacterSize = 0x30;                                                   // CSIZE
    private const uint EightBits = 0x30;                                                       // CS8
    private const uint Parity = 0x100;                                                         // PARENB
    private const uint LineEditing = 0x1 | 0x2 | 0x8 | 0x40 | 0x8000;                          // ISIG ICANON ECHO ECHONL IEXTEN
    private const int EndOfFileIndex = 4;                                                      // VEOF
    private const int TimeIndex = 5;                                                           // VTIME
    private const int LeastIndex = 6;                                                          // VMIN

    public uint Input;
    public uint Output;
    public uint Control;
    public uint Local;
    public byte Line;
    public Characters ControlCharacters;

    /// <summary>What a user types to end the input; 0 for nothing (_POSIX_VDISABLE).</summary>
    public readonly byte EndOfFile => ControlCharacters[EndOfFileIndex];

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

/// <summary>How many characters a terminal shows (tty_ioctl(2), struct winsize); both at least 1.</summary>
internal readonly record struct TerminalSize(ushort Rows, ushort Columns)
{
    /// <summary>Of a job that nobody looks at: what programs take for granted.</summary>
    public static readonly TerminalSize Usual = new(24, 80);
}
