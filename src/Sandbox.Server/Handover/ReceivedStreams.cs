using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Sandbox.Running;

namespace Sandbox.Server.Handover;

/// <summary>The standard streams of a caller, which come with the first bytes of a connection (unix(7), SCM_RIGHTS): the framework's sockets drop such things.</summary>
internal sealed class ReceivedStreams : IDisposable
{
    private const int Count = 3;

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
        var handles = new List<SafeFileHandle>();
        var count = DescriptorPassing.Receive(connection, buffer, handles, out sender);
        streams = handles.Count == Count ? new([.. handles]) : null;
        if (streams is null)
        {
            handles.ForEach(static handle => handle.Dispose());
        }

        return count;
    }

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_streams, static stream => stream.Dispose());
}
