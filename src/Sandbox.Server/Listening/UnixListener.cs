using System.Net.Sockets;
using Sandbox.Running;

namespace Sandbox.Server.Listening;

/// <summary>A unix socket to listen on, which only this user can connect to from its first moment, and which goes when it is disposed of.</summary>
internal sealed class UnixListener : IDisposable
{
    private const uint OnlyUser = 0x7f; // 0177
    private const int LongestPath = 107; // unix(7), sun_path with its final NUL

    private readonly FileStream _lock;
    private readonly Socket _socket;

    private UnixListener(string path, FileStream @lock, Socket socket) => (Path, _lock, _socket) = (path, @lock, socket);

    /// <summary>Its path.</summary>
    public string Path { get; }

    /// <summary>The socket, for whoever accepts connections on it.</summary>
    public Socket Socket => _socket;

    /// <summary>Binds it. A socket that nobody answers on is replaced; a live one, and whatever is no socket, is an error.</summary>
    /// <exception cref="IOException">It cannot be; the message says why.</exception>
    public static UnixListener Open(string path)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(path) > LongestPath)
        {
            throw new IOException($"a socket's path has at most {LongestPath} bytes (unix(7))");
        }

        // Held as long as the server lives: of two that start at one time, none takes the other's socket for one left over.
        var held = Hold(path + ".lock");
        try
        {
            RemoveLeftOver(path);
            return new(path, held, Bind(path));
        }
        catch (Exception failure)
        {
            held.Dispose();
            throw failure is SocketException or UnauthorizedAccessException ? new IOException(failure.Message, failure) : failure;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        File.Delete(Path);
        File.Delete(_lock.Name);
        _lock.Dispose();
        _socket.Dispose();
    }

    private static FileStream Hold(string path)
    {
        try
        {
            return new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new IOException(failure is DirectoryNotFoundException or UnauthorizedAccessException ? failure.Message : "another server listens on it", failure);
        }
    }

    private static void RemoveLeftOver(string path)
    {
        if (PathStatus.Of(path) is not { } found)
        {
            return;
        }

        if (!found.IsSocket)
        {
            throw new IOException("it is there and is no socket");
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException nobody) when (nobody.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
            return;
        }

        throw new IOException("somebody listens on it already");
    }

    // The mode of a socket is that of its birth (unix(7)); nothing else makes files yet.
    private static Socket Bind(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var usual = PathStatus.SetCreationMask(OnlyUser);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        finally
        {
            PathStatus.SetCreationMask(usual);
        }

        socket.Listen(512);
        return socket;
    }
}
