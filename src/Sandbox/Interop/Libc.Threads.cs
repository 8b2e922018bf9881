using System.Runtime.InteropServices;

namespace Sandbox.Interop;

// CPU time of single threads of our own, asked by others.

internal static partial class Libc
{
    /// <summary>The clock of the CPU time of the calling thread, which any thread may read (pthread_getcpuclockid(3)); -1 if there is none.</summary>
    public static int ClockOfThisThread() => pthread_getcpuclockid(pthread_self(), out var clock) == 0 ? clock : -1;

    /// <summary>Nanoseconds on a clock of a thread (clock_gettime(2)); 0 if the thread has ended.</summary>
    public static long CpuNanoseconds(int clock) =>
        clock_gettime(clock, out var time) == 0 ? (time.Seconds * 1_000_000_000) + time.Nanoseconds : 0;

    [LibraryImport("libc")]
    private static partial nint pthread_self();

    [LibraryImport("libc")]
    private static partial int pthread_getcpuclockid(nint thread, out int clock);

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, out TimeSpec time);
}
