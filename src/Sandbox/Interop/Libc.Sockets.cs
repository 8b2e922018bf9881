using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace Sandbox.Interop;

/// <summary>Messages through a datagram socket of ours, such as netlink's.</summary>
internal static partial class Libc
{
    /// <summary>send(2), again after a signal; the count or the negated errno.</summary>
    public static unsafe int SendMessage(SafeFileHandle socket, ReadOnlySpan<byte> message)
    {
        int result;
        fixed (byte* bytes = message)
        {
            do
            {
                result = Check((nint)(long)LibC.send(Number(socket), bytes, message.Length, LibC.MSG_NOSIGNAL | LibC.MSG_DONTWAIT));
            }
            while (result == -Errno.EINTR);
        }

        return result;
    }

    /// <summary>recv(2) without waiting, again after a signal; the message's whole length, even if the buffer is shorter, or the negated errno.</summary>
    public static unsafe int ReceiveMessage(SafeFileHandle socket, Span<byte> buffer)
    {
        int result;
        fixed (byte* bytes = buffer)
        {
            do
            {
                result = Check((nint)(long)LibC.recv(Number(socket), bytes, buffer.Length, LibC.MSG_TRUNC | LibC.MSG_DONTWAIT));
            }
            while (result == -Errno.EINTR);
        }

        return result;
    }
}
