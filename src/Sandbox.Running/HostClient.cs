using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;

namespace Sandbox.Running;

/// <summary>What a host did not do, in a sentence about the sandbox that was asked for.</summary>
internal sealed class HostRefusedException(string message) : Exception(message);

/// <summary>The process behind a socket does not answer, as one that was stopped does not.</summary>
internal sealed class HostSilentException(int pid, bool isStopped, Exception? inner = null)
    : IOException(isStopped ? $"process {pid} does not answer: it is stopped (SIGSTOP), and \"kill -CONT {pid}\" lets it go on" : $"process {pid} does not answer", inner)
{
    /// <summary>The process.</summary>
    public int Pid => pid;
}

/// <summary>The other end of a host's socket.</summary>
/// <param name="path">The socket.</param>
internal sealed class HostClient(string path)
{
    private static readonly Lazy<PeerCheck> s_peers = new(static () => new());

    // One that was stopped does not answer, and must not keep whoever asks all of them.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>The process that listens, by the name of its socket; 0 for a name that is none of ours.</summary>
    public int Pid => int.TryParse(Path.GetFileName(path).Split('-')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0;

    /// <summary>Asks for its sandboxes; null if nobody is there: what a host that was killed has left is removed then.</summary>
    /// <exception cref="IOException">It does not answer.</exception>
    public IReadOnlyList<SandboxRow>? List()
    {
        using var listing = AskList();
        return listing?.Read(TimeProvider.System.GetTimestamp());
    }

    /// <summary>The same without waiting for the answer, so that many can be asked at once; null if nobody is there.</summary>
    /// <exception cref="IOException">It cannot be asked.</exception>
    public HostListing? AskList()
    {
        if (Connect() is not { } socket)
        {
            return null;
        }

        try
        {
            HostQuestion.SendLine(socket, static json => json.WriteString("do", HostQuestion.List));
            return new(socket, Pid);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
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
            throw Silent(failure) ?? new IOException(failure.Message, failure);
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
        // It is waited for as long where the queue of connections is full (unix(7), SO_SNDTIMEO).
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { SendTimeout = (int)s_patience.TotalMilliseconds };
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

            return nobody.SocketErrorCode is SocketError.ConnectionRefused or SocketError.AddressNotAvailable || !File.Exists(path) ? null
                : throw Silent(nobody) ?? new IOException(nobody.Message, nobody);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private HostSilentException? Silent(SocketException failure) =>
        failure.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock or SocketError.TryAgain ? new(Pid, HostListing.IsStopped(Pid), failure) : null;
}
