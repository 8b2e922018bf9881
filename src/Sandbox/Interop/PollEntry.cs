using System.Runtime.InteropServices;

namespace Sandbox.Interop;

/// <summary>One descriptor of a poll(2); a negative one is ignored.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollEntry
{
    /// <summary>POLLIN.</summary>
    public const short Readable = 1;

    /// <summary>POLLPRI.</summary>
    public const short Exceptional = 2;

    /// <summary>POLLOUT.</summary>
    public const short Writable = 4;

    /// <summary>POLLERR; for a pipe: nobody reads it any more.</summary>
    public const short Error = 8;

    /// <summary>POLLHUP, which needs not be wanted.</summary>
    public const short HungUp = 16;

    /// <summary>Nobody is waited for.</summary>
    public static PollEntry Nobody => new() { Descriptor = -1 };

    public int Descriptor;
    public short Wanted;
    public short Ready;
}
