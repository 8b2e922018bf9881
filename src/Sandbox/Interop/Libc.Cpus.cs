using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace Sandbox.Interop;

internal static partial class Libc
{
    private const int LockShared = 1; // LOCK_SH
    private const int LockExclusive = 2; // LOCK_EX
    private const int LockNonBlocking = 4; // LOCK_NB
    private const int LockRelease = 8; // LOCK_UN

    /// <summary>The CPUs this thread may use (sched_getaffinity(2)): one bit each, in whole words; 0 or the negated errno.</summary>
    public static unsafe int Affinity(out byte[] mask)
    {
        // EINVAL for a buffer smaller than the kernel's own mask, which no configuration makes larger than 8192 bits.
        mask = new byte[8192 / 8];
        fixed (byte* bits = mask)
        {
            return Check(LibC.sched_getaffinity(0, mask.Length, (cpu_set_t*)bits));
        }
    }

    /// <summary>
    /// flock(2), exclusive, without waiting. The lock belongs to the open file, so a second open of the same process is
    /// refused like a stranger's. 0, or the negated errno: EAGAIN if somebody else has it.
    /// </summary>
    public static int TryLock(SafeFileHandle file) => Check(flock(file, LockExclusive | LockNonBlocking));

    /// <summary>flock(2), exclusive, for as long as it takes. 0 or the negated errno.</summary>
    public static int LockAlone(SafeFileHandle file) => Lock(file, LockExclusive);

    /// <summary>flock(2), shared, for as long as it takes. 0 or the negated errno.</summary>
    public static int LockTogether(SafeFileHandle file) => Lock(file, LockShared);

    /// <summary>flock(2), shared, without waiting; 0 or the negated errno.</summary>
    public static int TryLockTogether(SafeFileHandle file) => Check(flock(file, LockShared | LockNonBlocking));

    /// <summary>
    /// Gives the lock up at once. Closing alone would not while a child between fork and execve still has a duplicate of the
    /// descriptor (flock(2)). 0 or the negated errno.
    /// </summary>
    public static int Unlock(SafeFileHandle file) => Check(flock(file, LockRelease));

    private static int Lock(SafeFileHandle file, int operation)
    {
        int result;
        do
        {
            result = Check(flock(file, operation));
        }
        while (result == -Eintr);
        return result;
    }

    // Tmds.LibC 0.5.0 has no flock.
    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);
}
