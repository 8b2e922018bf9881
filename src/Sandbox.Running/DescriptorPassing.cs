using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Running;

/// <summary>Descriptors that go over a unix socket with the bytes of a message (unix(7), SCM_RIGHTS), which the framework's sockets cannot do.</summary>
internal static unsafe partial class DescriptorPassing
{
    private const int Most = 8;
    private const int SolSocket = 1;
    private const int ScmRights = 1;
    private const int ScmCredentials = 2;
    private const int Interrupted = 4; // EINTR
    private const int NoSignal = 0x4000;       // MSG_NOSIGNAL
    private const int CloseOnExec = 0x40000000; // MSG_CMSG_CLOEXEC

    /// <summary>Sends a short message.</summary>
    /// <exception cref="SocketException">It failed.</exception>
    public static void Send(Socket socket, ReadOnlySpan<byte> bytes, IReadOnlyList<SafeFileHandle> handles)
    {
        var control = stackalloc byte[sizeof(ControlHead) + (Most * sizeof(int)) + sizeof(nuint)];
        var length = sizeof(ControlHead) + (handles.Count * sizeof(int));
        *(ControlHead*)control = new((nuint)length, SolSocket, ScmRights);
        for (var index = 0; index < handles.Count; index++)
        {
            ((int*)(control + sizeof(ControlHead)))[index] = (int)handles[index].DangerousGetHandle();
        }

        fixed (byte* start = bytes)
        {
            var part = new Part { Start = start, Length = (nuint)bytes.Length };
            var message = new Message { Parts = &part, PartCount = 1, Control = control, ControlLength = (nuint)((length + sizeof(nuint) - 1) & ~(sizeof(nuint) - 1)) };
            if (sendmsg(socket.SafeHandle, &message, NoSignal) != bytes.Length)
            {
                throw new SocketException(Marshal.GetLastPInvokeError());
            }
        }
    }

    /// <summary>Receives once, as recv(2) does: fewer bytes than asked for may come, and 0 at the end.</summary>
    /// <param name="socket">Where from; waited for as long as its <see cref="Socket.ReceiveTimeout"/>.</param>
    /// <param name="buffer">Where to.</param>
    /// <param name="handles">What came along.</param>
    /// <param name="sender">The process that sent it, in this one's pid namespace; 0 unless it was asked for (unix(7), SO_PASSCRED).</param>
    /// <exception cref="SocketException">It failed, or took too long.</exception>
    public static int Receive(Socket socket, Span<byte> buffer, List<SafeFileHandle> handles, out int sender)
    {
        sender = 0;
        const int most = 253; // SCM_MAX_FD: whatever came is in the caller's hands, to be closed there
        const int space = 64 + (most * sizeof(int)); // of two heads, with credentials
        var control = stackalloc byte[space];
        fixed (byte* start = buffer)
        {
            var part = new Part { Start = start, Length = (nuint)buffer.Length };
            var message = new Message { Parts = &part, PartCount = 1, Control = control, ControlLength = space };
            nint count;
            do
            {
                count = recvmsg(socket.SafeHandle, &message, CloseOnExec);
            }
            while (count < 0 && Marshal.GetLastPInvokeError() == Interrupted); // with a time-out it is not begun again by itself (signal(7))

            if (count < 0)
            {
                throw new SocketException(Marshal.GetLastPInvokeError());
            }

            for (nuint at = 0; at + (nuint)sizeof(ControlHead) <= message.ControlLength;)
            {
                var head = (ControlHead*)(control + at);
                var numbers = new ReadOnlySpan<int>(head + 1, ((int)head->Length - sizeof(ControlHead)) / sizeof(int));
                if (head->Level == SolSocket && head->Type == ScmRights)
                {
                    foreach (var number in numbers)
                    {
                        handles.Add(new(number, ownsHandle: true));
                    }
                }
                else if (head->Level == SolSocket && head->Type == ScmCredentials)
                {
                    sender = numbers[0];
                }

                at += (head->Length + (nuint)sizeof(nuint) - 1) & ~((nuint)sizeof(nuint) - 1); // CMSG_NXTHDR (cmsg(3))
            }

            return (int)count;
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendmsg(SafeSocketHandle socket, Message* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(SafeSocketHandle socket, Message* message, int flags);

    // struct iovec
    private struct Part
    {
        public byte* Start;
        public nuint Length;
    }

    // struct msghdr
    private struct Message
    {
        public void* Name;
        public uint NameLength;
        public Part* Parts;
        public nuint PartCount;
        public byte* Control;
        public nuint ControlLength;
        public int Flags;
    }

    // struct cmsghdr
    private readonly record struct ControlHead(nuint Length, int Level, int Type);
}
