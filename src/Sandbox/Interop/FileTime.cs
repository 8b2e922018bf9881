using System.Runtime.InteropServices;

namespace Sandbox.Interop;

/// <summary>struct timespec of a 64-bit system: seconds since 1970, and nanoseconds from 0 to 999,999,999.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct FileTime(long Seconds, long Nanoseconds);
