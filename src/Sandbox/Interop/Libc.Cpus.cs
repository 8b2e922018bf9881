using Tmds.Linux;

namespace Sandbox.Interop;

internal static partial class Libc
{
    /// <summary>The CPUs this thread may use (sched_getaffinity(2)): one bit each, in whole words; 0 or the negated errno.</summary>
    public static unsafe int Affinity(out byte[] mask)
    {
        // EINVAL for a buffer smaller than the kernel's own mask, which no configuration makes larger than 8192 bits.
        mask = new byte[8192 / 8];
        fixed (byte* bits = mask)
            return Check(LibC.sched_getaffinity(0, mask.Length, (cpu_set_t*)bits));
    }
}
