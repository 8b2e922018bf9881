using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Networks;

/// <summary>A connection to the holder of a network. Whoever joins by it is a member until it ends. From any thread.</summary>
internal sealed class NetworkConnection(SafeFileHandle socket) : IDisposable
{
    // It answers at once; one that was stopped is no reason to wait for ever.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();

    /// <summary>Asks; null if it has ended.</summary>
    /// <exception cref="SandboxException">It does not answer.</exception>
    public NetworkAnswer? Ask(NetworkQuestion question) => Ask(question, out _);

    /// <summary>The same, for an answer that carries namespaces; they are the caller's.</summary>
    public NetworkAnswer? Ask(NetworkQuestion question, out IReadOnlyList<SafeFileHandle> namespaces)
    {
        lock (_lock)
        {
            namespaces = [];
            return socket.IsClosed || Libc.SendMessage(socket, question.ToArray()) < 0 ? null : Receive(out namespaces);
        }
    }

    /// <summary>The same with descriptors of ours, which stay ours; null if it has ended.</summary>
    public NetworkAnswer? Give(NetworkQuestion question, IReadOnlyList<SafeFileHandle> handles)
    {
        lock (_lock)
        {
            return socket.IsClosed || Libc.SendWords(socket, question.ToArray(), [.. handles.Select(static handle => handle.DangerousGetHandle().ToInt32())]) < 0 ? null : Receive(out _);
        }
    }

    /// <summary>It answers, and is not about to end.</summary>
    public bool IsThere() => Ask(new(NetworkAsk.Show)) is { Error: 0 };

    /// <summary>Returns once the holder, which was asked to end, has given up its name.</summary>
    public void AwaitEnd() => _ = Libc.Poll([new PollEntry { Descriptor = socket.DangerousGetHandle().ToInt32(), Wanted = PollEntry.Readable }], s_patience);

    /// <summary>Ends it, and with it the membership; not in the middle of a question.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            socket.Dispose();
        }
    }

    private NetworkAnswer? Receive(out IReadOnlyList<SafeFileHandle> namespaces)
    {
        namespaces = [];
        if (Libc.Poll([new PollEntry { Descriptor = socket.DangerousGetHandle().ToInt32(), Wanted = PollEntry.Readable }], s_patience) == 0)
        {
            throw new SandboxException("the holder of the network does not answer") { Operation = Operation.UseNetwork, Errno = "ETIMEDOUT" };
        }

        Span<byte> bytes = stackalloc byte[NetworkAnswer.Bytes];
        Span<int> descriptors = stackalloc int[72];
        var size = Libc.ReceiveRecord(socket, bytes, descriptors, out var count);
        namespaces = [.. descriptors[..count].ToArray().Select(static number => new SafeFileHandle(number, ownsHandle: true))];
        return size == NetworkAnswer.Bytes ? NetworkAnswer.Read(bytes) : null;
    }
}
