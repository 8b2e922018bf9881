using System.Runtime.InteropServices;

namespace Sandbox.Interop;

internal static partial class Libc
{
    // struct sysinfo (sysinfo(2)), 64-bit layout of x86_64 and aarch64.
    private const int SharedAt = 48;
    private const int SwapAt = 64;
    private const int FreeSwapAt = 72;
    private const int UnitAt = 104;

    private static readonly nint s_kcmp = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 272 : 312;

    /// <summary>kcmp(2) of the address spaces of two tasks: 0 if they have one, 1 or 2 if they have two, or the negated errno.</summary>
    public static int CompareMemory(int task, int other)
    {
        const int addressSpace = 1; // KCMP_VM
        return Check(kcmp(s_kcmp, task, other, addressSpace, 0, 0));
    }

    /// <summary>
    /// The most that all shared memory of the host can be in bytes, tmpfs, memfds, segments and shared anonymous mappings: what is
    /// in memory, and all that is in swap. Or the negated errno.
    /// </summary>
    public static unsafe long HostSharedMemory()
    {
        var text = stackalloc byte[128];
        var error = Check(sysinfo(text));
        return error < 0 ? error : (*(long*)(text + SharedAt) + *(long*)(text + SwapAt) - *(long*)(text + FreeSwapAt)) * *(uint*)(text + UnitAt);
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint kcmp(nint number, nint task, nint other, nint type, nint first, nint second);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int sysinfo(byte* text);
}
