using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Networks;

/// <summary>Tells the kernel what is in a socket's network namespace, which need not be ours (netlink(7)).</summary>
internal static class NetlinkSocket
{
    private const int Header = 16;
    private const ushort Error = 2; // NLMSG_ERROR

    /// <summary>Sends messages of which each asks to be acknowledged, or is answered only if it fails; 0, or the negated errno of the first that failed.</summary>
    /// <remarks>The kernel answers before send(2) returns (rtnetlink_rcv, net/core/rtnetlink.c).</remarks>
    public static int Send(SafeFileHandle socket, ReadOnlySpan<byte> messages)
    {
        var failure = Math.Min(Libc.SendMessage(socket, messages), 0);
        Span<byte> answers = stackalloc byte[8192];
        while (Libc.ReceiveMessage(socket, answers) is var size and > 0)
        {
            var first = FirstError(answers[..Math.Min(size, answers.Length)]);
            failure = failure == 0 ? first : failure;
        }

        return failure;
    }

    private static int FirstError(ReadOnlySpan<byte> answers)
    {
        while (answers.Length >= Header + sizeof(int))
        {
            var length = (BinaryPrimitives.ReadInt32LittleEndian(answers) + 3) & ~3;
            if (BinaryPrimitives.ReadUInt16LittleEndian(answers[4..]) != Error || length < Header)
            {
                return -Errno.EPROTO;
            }

            if (BinaryPrimitives.ReadInt32LittleEndian(answers[Header..]) is var error and < 0)
            {
                return error;
            }

            answers = answers[Math.Min(length, answers.Length)..];
        }

        return 0;
    }
}
