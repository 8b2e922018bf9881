using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Server.Handover;

/// <summary>The standard streams of a caller, which come with the first bytes of a connection (unix(7), SCM_RIGHTS): the framework's sockets drop such things.</summary>
internal sealed unsafe partial class ReceivedStreams : IDisposable
{
    private const int Count = 3;
    private const int SolSocket = 1;
    private const int Interrupted = 4; // EINTR
    private const int ScmRights = 1;
    private const int ScmCredentials = 2;
    private const int CloseOnExec = 0x40000000; // MSG_CMSG_CLOEXEC

    private readonly SafeFileHandle[] _streams;

    private ReceivedStreams(SafeFileHandle[] streams) => (_streams, Inherited) = (streams, new(streams[0], streams[1], streams[2]));

    /// <summary>They, for a job.</summary>
    public InheritedStreams Inherited { get; }

    /// <summary>Receives once, as recv(2) does: fewer bytes than asked for may come, and 0 at the end.</summary>
    /// <param name="connection">Where from; waited for as long as its <see cref="Socket.ReceiveTimeout"/>.</param>
    /// <param name="buffer">Where to.</param>
    /// <param name="streams">What came along, to be disposed of; null for nothing, or something else, which is closed.</param>
    /// <param name="sender">The process that sent it, in this one's pid namespace; 0 unless it was asked for (unix(7), SO_PASSCRED).</param>
    /// <exception cref="SocketException">It failed, or took too long.</exception>
    public static int Receive(Socket connection, Span<byte> buffer, out ReceivedStreams? streams, out int sender)
    {
        (streams, sender) = (null, 0);
        const int MostDescriptors = 253; // SCM_MAX_FD: what does not fit would be closed by the kernel, and all that came is to be closed here
        var control = stackalloc byte[sizeof(ControlHead) + (MostDescriptors * sizeof(int)) + sizeof(nuint)];
        fixed (byte* bytes = buffer)
        {
            var part = new Part { Start = bytes, Length = (nuint)buffer.Length };
            var message = new Message { Parts = &part, PartCount = 1, Control = control, ControlLength = (nuint)(sizeof(ControlHead) + (MostDescriptors * sizeof(int))) };
            nint count;
            do
            {
                count = recvmsg(connection.SafeHandle, &message, CloseOnExec);
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
                    streams = Take(numbers.ToArray());
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

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_streams, static stream => stream.Dispose());

    private static ReceivedStreams? Take(int[] numbers)
    {
        var handles = Array.ConvertAll(numbers, static number => new SafeFileHandle(number, ownsHandle: true));
        if (handles.Length == Count)
        {
            return new(handles);
        }

        Array.ForEach(handles, static handle => handle.Dispose());
        return null;
    }

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
