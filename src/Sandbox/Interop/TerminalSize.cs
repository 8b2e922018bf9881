namespace Sandbox.Interop;

/// <summary>How many characters a terminal shows (tty_ioctl(2), struct winsize); both at least 1.</summary>
internal readonly record struct TerminalSize(ushort Rows, ushort Columns)
{
    /// <summary>Of a job that nobody looks at: what programs take for granted.</summary>
    public static readonly TerminalSize Usual = new(24, 80);
}
