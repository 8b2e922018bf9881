using System.Net.Sockets;
using System.Text.Json;

namespace Sandbox.Running;

/// <summary>What a host did not do, in a sentence about the sandbox that was asked for.</summary>
internal sealed class HostRefusedException(string message) : Exception(message);

/// <summary>The other end of a host's socket.</summary>
/// <param name="path">The socket.</param>
internal sealed class HostClient(string path)
{
    private static readonly Lazy<PeerCheck> s_peers = new(static () => new());

    // One that was stopped does not answer, and must not keep whoever asks all of them.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>Asks for its sandboxes; null if nobody is there: what a host that was killed has left is removed then.</summary>
    /// <exception cref="IOException">It does not answer.</exception>
    public IReadOnlyList<SandboxRow>? List()
    {
        using var answer = Ask(HostQuestion.List, null, s_patience, null);
        return answer is null ? null : [.. answer.RootElement.GetProperty("sandboxes").EnumerateArray().Select(SandboxRow.Read)];
    }

    /// <summary>Has something done with a sandbox.</summary>
    /// <param name="what">The question.</param>
    /// <param name="id">The sandbox.</param>
    /// <param name="patience">How long the answer may take; null for ever.</param>
    /// <param name="more">What else is to be said.</param>
    /// <returns>The answer; null if nobody is there.</returns>
    /// <exception cref="HostRefusedException">It was not done.</exception>
    /// <exception cref="IOException">It does not answer.</exception>
    public JsonDocument? Ask(string what, string? id, TimeSpan? patience, Action<Utf8JsonWriter>? more)
    {
        using var socket = Connect();
        if (socket is null)
        {
            return null;
        }

        socket.SendTimeout = (int)s_patience.TotalMilliseconds;
        socket.ReceiveTimeout = patience is { } time ? Math.Max(1, (int)time.TotalMilliseconds) : 0;
        byte[] line;
        try
        {
            HostQuestion.SendLine(socket, json =>
            {
                json.WriteString("do", what);
                if (id is not null)
                {
                    json.WriteString("id", id);
                }

                more?.Invoke(json);
            });
            line = HostQuestion.ReadLine(socket, HostQuestion.MostBytes);
        }
        catch (SocketException failure)
        {
            throw new IOException(failure.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock or SocketError.TryAgain ? "it does not answer" : failure.Message, failure);
        }

        try
        {
            var answer = JsonDocument.Parse(line);
            return answer.RootElement.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.String ? throw new HostRefusedException(error.GetString()!) : answer;
        }
        catch (JsonException damage)
        {
            throw new IOException("its answer is none", damage);
        }
    }

    /// <summary>Has a command enter a sandbox.</summary>
    /// <param name="id">The sandbox.</param>
    /// <param name="command">Writes what is to run.</param>
    /// <exception cref="HostRefusedException">It cannot.</exception>
    /// <exception cref="IOException">The host does not answer.</exception>
    public HostEntry Enter(string id, Action<Utf8JsonWriter> command)
    {
        var socket = Connect() ?? throw new HostRefusedException("it is over");
        try
        {
            return HostEntry.Begin(socket, json =>
            {
                json.WriteString("do", HostQuestion.Enter);
                json.WriteString("id", id);
                command(json);
            });
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // The one who listens is looked at as well: in a directory below /tmp a job that was given that could have put a socket of its own.
    private Socket? Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return s_peers.Value.Refusal(socket) is { } stranger ? throw new IOException(stranger) : socket;
        }
        catch (SocketException nobody)
        {
            socket.Dispose();
            if (nobody.SocketErrorCode == SocketError.ConnectionRefused)
            {
                File.Delete(path);
            }

            return nobody.SocketErrorCode is SocketError.ConnectionRefused or SocketError.AddressNotAvailable || !File.Exists(path) ? null : throw new IOException(nobody.Message, nobody);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
