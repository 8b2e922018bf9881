using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Running;

/// <summary>The client's side of a command that has entered a sandbox.</summary>
internal sealed class HostEntry : IDisposable
{
    private readonly Socket _socket;
    private readonly Lock _lock = new();
    private readonly JsonDocument? _early;

    private HostEntry(Socket socket, IReadOnlyList<SafeFileHandle> ends, JsonDocument? early) => (_socket, Ends, _early) = (socket, ends, early);

    /// <summary>As of <see cref="EnteredProcess.Ends"/>; none where it was over at once.</summary>
    public IReadOnlyList<SafeFileHandle> Ends { get; }

    /// <summary>Asks, and takes the ends.</summary>
    public static HostEntry Begin(Socket socket, Action<Utf8JsonWriter> question)
    {
        const int Patience = 15_000;
        socket.ReceiveTimeout = socket.SendTimeout = Patience;
        HostQuestion.SendLine(socket, question);
        var handles = new List<SafeFileHandle>();
        var line = new byte[4096];
        var length = 0;
        do
        {
            // The descriptors come with the first bytes, and no byte of the next line with the last of this one (unix(7)).
            var count = DescriptorPassing.Receive(socket, line.AsSpan(length), handles, out _);
            length += count > 0 ? count : throw new IOException("the host went away");
        }
        while (line[length - 1] != '\n' && length < line.Length);
        var answer = JsonDocument.Parse(line.AsMemory(0, length));
        if (answer.RootElement.TryGetProperty("error", out var error))
        {
            throw new HostRefusedException(error.GetString()!);
        }

        socket.ReceiveTimeout = 0;
        return new(socket, handles, answer.RootElement.TryGetProperty("entered", out _) ? null : answer);
    }

    /// <summary>Passes a signal on.</summary>
    public void Signal(int number)
    {
        lock (_lock)
        {
            try
            {
                HostQuestion.SendLine(_socket, json => json.WriteNumber("signal", number));
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                // It is over.
            }
        }
    }

    /// <summary>How it ended.</summary>
    public JsonDocument Wait() => _early ?? JsonDocument.Parse(HostQuestion.ReadLine(_socket, HostQuestion.MostBytes));

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
