using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Sandbox.Cli.Interop;
using Sandbox.Interop;

namespace Sandbox.Tests.Cli;

/// <summary>A pair of the host's, which is nobody's controlling terminal.</summary>
internal sealed partial class PseudoTerminal : IDisposable
{
    private const int Unlock = 0x40045431;  // TIOCSPTLCK
    private const int OpenSlave = 0x5441;   // TIOCGPTPEER
    private const int ReadWriteNoControl = 2 | OpenFlags.NoControllingTerminal | OpenFlags.CloseOnExec;

    public PseudoTerminal()
    {
        Assert(Libc.OpenReadWrite("/dev/ptmx\0"u8, out var master));
        Master = master;
        var locked = 0;
        Assert(ioctl(master, Unlock, ref locked));
        Slave = new SafeFileHandle(ioctl(master, OpenSlave, ReadWriteNoControl), ownsHandle: true);
        Assert(Slave.IsInvalid ? -1 : 0);
    }

    public SafeFileHandle Master { get; }

    public SafeFileHandle Slave { get; }

    public Sandbox.Cli.Interop.TerminalModes Modes
    {
        get
        {
            Assert(TerminalDevice.ModesOf(Slave, out var modes));
            return modes;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Slave.Dispose();
        Master.Dispose();
    }

    private static void Assert(int result)
    {
        if (result < 0)
        {
            throw new InvalidOperationException("no pseudo terminal on this host");
        }
    }

    [LibraryImport("libc")]
    private static partial int ioctl(SafeFileHandle file, nuint request, ref int value);

    [LibraryImport("libc")]
    private static partial int ioctl(SafeFileHandle file, nuint request, nint value);
}
