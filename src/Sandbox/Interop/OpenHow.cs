using System.Runtime.InteropServices;

namespace Sandbox.Interop;

/// <summary>struct open_how (openat2(2)).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OpenHow
{
    public const ulong NoMountCrossing = 0x01; // RESOLVE_NO_XDEV
    public const ulong NoMagicLinks = 0x02;
    public const ulong NoSymlinks = 0x04;
    public const ulong Beneath = 0x08;

    public ulong Flags;
    public ulong Mode;
    public ulong Resolve;
}

/// <summary>Flags of open(2). Two of them have other values on ARM (arch/arm64/include/uapi/asm/fcntl.h).</summary>
internal static class OpenFlags
{
    public const int ReadOnly = 0;
    public const int WriteOnly = 1;
    public const int ReadWrite = 2;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int NoControllingTerminal = 0x100;
    public const int Truncate = 0x200;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;
    public const int Path = 0x200000;

    private static readonly bool s_isArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    public static int Directory => s_isArm ? 0x4000 : 0x10000;

    /// <summary>O_TMPFILE, of which O_DIRECTORY is a part.</summary>
    public static int Nameless => 0x400000 | Directory;

    public static int NoFollow => s_isArm ? 0x8000 : 0x20000;
}
