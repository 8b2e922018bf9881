using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Resources.Networks;

namespace Sandbox.Execution;

/// <summary>Starts the process that holds a network of jobs (native/launcher/holder.c), and has the kernel make the switch in it. It outlives whoever starts it.</summary>
internal static class NetworkHolder
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Starts it.</summary>
    /// <param name="place">Where its socket is.</param>
    /// <param name="listener">That socket.</param>
    /// <param name="name">The network's name.</param>
    /// <param name="subnet">Its addresses.</param>
    /// <param name="mtu">The largest packet.</param>
    /// <param name="isKept">It does not end with its last job.</param>
    /// <param name="now">When it is made.</param>
    /// <exception cref="SandboxException">It cannot be made on this host.</exception>
    public static void Start(NetworkPlace place, SafeFileHandle listener, string name, Subnet subnet, int mtu, bool isKept, DateTimeOffset now)
    {
        Check(Libc.SocketPair(out var ours, out var theirs), "the holder of the network cannot be started", Operation.ConnectLauncher);
        using (ours)
        {
            using (theirs)
            {
                // It ends at once; the holder is a child of it.
                _ = Libc.Reap(Launcher.Spawn(installedPath: null, theirs, "hold\0"u8), s_patience);
            }

            using (var directory = place.Again())
            {
                Check(Libc.SendDescriptors(ours, (byte)'N', [Number(listener), Number(directory)]), Lost, Operation.MakeNetwork);
            }

            var order = new NetworkQuestion(NetworkAsk.Hold)
            {
                Name = name,
                Address = Subnet.AddressOf(subnet.First),
                Flags = isKept ? NetworkFlags.Kept : NetworkFlags.None,
                Mtu = mtu,
                Number = (uint)now.ToUnixTimeSeconds(),
            };
            Check(Libc.SendMessage(ours, order.ToArray()), Lost, Operation.MakeNetwork);
            using var wires = Receive(ours);
            Check(NetlinkSocket.Send(wires, SwitchMessages.Switch(subnet, mtu)), "the switch of the network cannot be made", Operation.MakeNetwork);
            Check(Libc.SendByte(ours, (byte)'G'), Lost, Operation.MakeNetwork);
        }
    }

    private const string Lost = "the holder of the network has ended";

    // Its socket in the new network namespace, or why there is none.
    private static SafeFileHandle Receive(SafeFileHandle holder)
    {
        if (Libc.Poll([new PollEntry { Descriptor = Number(holder), Wanted = PollEntry.Readable }], s_patience) == 0)
        {
            throw new SandboxException("the holder of the network does not answer") { Operation = Operation.MakeNetwork, Errno = "ETIMEDOUT" };
        }

        Span<byte> record = stackalloc byte[sizeof(int)];
        Span<int> descriptors = stackalloc int[72];
        var size = Libc.ReceiveRecord(holder, record, descriptors, out var count);
        if (count == 1)
        {
            return new SafeFileHandle(descriptors[0], ownsHandle: true);
        }

        var error = size == sizeof(int) ? BinaryPrimitives.ReadInt32LittleEndian(record) : Errno.EPIPE;
        throw new SandboxException("the namespaces of the network cannot be made") { Operation = Operation.MakeNetwork, Errno = Errno.Name(error) };
    }

    private static int Number(SafeFileHandle handle) => handle.DangerousGetHandle().ToInt32();

    private static void Check(int error, string message, Operation operation)
    {
        if (error < 0)
        {
            throw new SandboxException(message) { Operation = operation, Errno = Errno.Name(-error) };
        }
    }
}
