using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Sockets;

namespace Sandbox.Running;

/// <summary>
/// The socket at which a process that runs jobs can be asked about them, by processes of the same user that are in no sandbox. It costs a job nothing: a thread that
/// sleeps, and one more for each that asks.
/// </summary>
internal sealed class HostSocket : IDisposable
{
    private const int MostConnections = 64;
    private const int Backlog = 64;
    private const int LongestPath = 107; // unix(7), sun_path with its final NUL

    // Whoever waits for a job hears of its end before this process goes.
    private static readonly TimeSpan s_toAnswer = TimeSpan.FromSeconds(2);

    private readonly string _path;
    private readonly Socket _socket;
    private readonly HostedRuns _runs;
    private readonly Lazy<PeerCheck> _peers = new(static () => new());
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _connections;
    private bool _isClosing;

    private HostSocket(string path, Socket socket, HostedRuns runs) => (_path, _socket, _runs) = (path, socket, runs);

    /// <summary>Listens, on threads of its own.</summary>
    /// <exception cref="IOException">It cannot.</exception>
    public static HostSocket Open(RunDirectory directory, HostedRuns runs)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{Guid.NewGuid():N}")[..16];
        var path = $"{directory.Hosts}/{name}";
        if (System.Text.Encoding.UTF8.GetByteCount(path) > LongestPath)
        {
            throw new IOException($"{DisplayText.Quote(path)} is longer than a socket's path may be (unix(7)): set XDG_RUNTIME_DIR to a shorter one");
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            // It gets its name once it listens: one that refuses is a dead host's to whoever looks. Nobody else may look into the directory, whatever its mode is.
            var passing = $"{directory.Hosts}/.{name}";
            socket.Bind(new UnixDomainSocketEndPoint(passing));
            socket.Listen(Backlog);
            File.Move(passing, path, overwrite: true);
        }
        catch (Exception failure) when (failure is SocketException or UnauthorizedAccessException or IOException)
        {
            socket.Dispose();
            throw new IOException($"cannot listen on {DisplayText.Quote(path)}: {failure.Message}", failure);
        }

        var host = new HostSocket(path, socket, runs);
        new Thread(host.Accept, maxStackSize: 256 << 10) { IsBackground = true, Name = "sandbox host" }.Start();
        return host;
    }

    /// <summary>The same for who goes on without.</summary>
    public static HostSocket? TryOpen(HostedRuns runs, Func<string, string?> variable)
    {
        try
        {
            return RunDirectory.Join(variable) is { } directory ? Open(directory, runs) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The sockets of hosts that are alive, or seem so.</summary>
    public static IReadOnlyList<string> All(RunDirectory directory)
    {
        try
        {
            return [.. Directory.GetFiles(directory.Hosts).Order(StringComparer.Ordinal)];
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <summary>Is not found any more, and closes once those have been answered that wait for a job which is over.</summary>
    public void Dispose()
    {
        File.Delete(_path);
        bool isBusy;
        lock (_lock)
        {
            _isClosing = true;
            isBusy = _connections > 0;
        }

        if (isBusy)
        {
            _answered.Task.Wait(s_toAnswer);
        }

        _end.Cancel();
        _socket.Dispose();
    }

    private void Accept()
    {
        while (true)
        {
            Socket connection;
            try
            {
                connection = _socket.Accept();
            }
            catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
            {
                if (_end.IsCancellationRequested || failure is ObjectDisposedException)
                {
                    return;
                }

                // Out of descriptors, as a rule: they come back.
                _end.Token.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(100));
                continue;
            }

            if (Enter())
            {
                new Thread(() => Serve(connection), maxStackSize: 512 << 10) { IsBackground = true, Name = "sandbox host" }.Start();
            }
            else
            {
                connection.Dispose();
            }
        }
    }

    // Whatever a question does, it is answered by a thread of a process that has jobs to run.
    [SuppressMessage("Design", "CA1031", Justification = "an exception that leaves the thread ends the process")]
    private void Serve(Socket connection)
    {
        using (connection)
        {
            try
            {
                if (_peers.Value.Refusal(connection) is null)
                {
                    new HostConversation(connection, _runs, _end.Token).Run();
                }
            }
            catch (Exception)
            {
                // Whoever asked went away, or this process does, or the question is none that a command asks: the end of the connection is the answer.
            }
        }

        Leave();
    }

    private bool Enter()
    {
        lock (_lock)
        {
            if (_connections >= MostConnections || _isClosing)
            {
                return false;
            }

            _connections++;
            return true;
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            _connections--;
            if (_isClosing && _connections == 0)
            {
                _answered.TrySetResult();
            }
        }
    }
}
