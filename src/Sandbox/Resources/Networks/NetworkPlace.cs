using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Destinations;
using Sandbox.Interop;

namespace Sandbox.Resources.Networks;

// Who may connect to a holder may join its network: the directory is this user's alone, the holder looks at each peer, and jobs have neither.

/// <summary>The directory with the sockets of this user's networks, each under its name.</summary>
internal sealed class NetworkPlace : IDisposable
{
    private const string Name = "networks";

    private readonly SafeFileHandle _directory;

    private NetworkPlace(SafeFileHandle directory) => _directory = directory;

    /// <summary>Opens it, and makes it where it is missing.</summary>
    /// <exception cref="SandboxException">There is no place for one.</exception>
    public static NetworkPlace Open()
    {
        var path = OwnCache.OfUser()?.Directory
            ?? throw new SandboxException("there is no directory for networks of jobs: XDG_RUNTIME_DIR is not set") { Operation = Operation.OpenNetworks, Errno = "ENOENT" };

        // for this user alone from the beginning, whatever the umask; what is missing above is made below
        _ = Libc.MakePrivateDirectory(Bytes(path));
        Check(HostDirectory.Open(path, makes: true, out var own, out var failed), failed, own);
        using (own)
        {
            _ = Libc.MakePrivateDirectory(Bytes($"/proc/self/fd/{own!.Handle.DangerousGetHandle()}/{Name}"));
            Check(own.Enter(Name, out var directory), $"{path}/{Name}", directory);
            using (directory)
            {
                return new(Reopened(directory!, $"{path}/{Name}"));
            }
        }
    }

    /// <summary>The names that are there; whoever has one may have ended.</summary>
    public IReadOnlyList<string> Names() => [.. Libc.ListDirectory($"/proc/self/fd/{_directory.DangerousGetHandle()}").Select(static entry => entry.Name).Order(StringComparer.Ordinal)];

    /// <summary>The same directory, opened once more: a lock of one is not the other's (flock(2)).</summary>
    public SafeFileHandle Again()
    {
        var error = Libc.OpenDirectoryToList(Bytes($"/proc/self/fd/{_directory.DangerousGetHandle()}"), out var again);
        return error < 0 ? throw Failed(error, Name) : again;
    }

    /// <summary>The holder of a network; null if there is none of that name.</summary>
    /// <exception cref="SandboxException">It cannot be asked.</exception>
    public NetworkConnection? Connect(string name)
    {
        var error = Libc.ConnectAt(_directory, name, out var socket);
        if (error == 0)
        {
            return new(socket);
        }

        socket.Dispose();
        return error is -Errno.ENOENT or -Errno.ECONNREFUSED ? null : throw Failed(error, name);
    }

    /// <summary>A socket for the holder of a new network, while nobody else makes or removes one.</summary>
    /// <param name="name">The network's name.</param>
    /// <param name="make">Starts the holder with the socket.</param>
    /// <exception cref="SandboxException">There is one already, or it cannot be made.</exception>
    public void Make(string name, Action<SafeFileHandle> make)
    {
        using var locked = Again();
        Check(Libc.LockAlone(locked), Name);
        using (var holder = Connect(name))
        {
            if (holder is not null && holder.IsThere())
            {
                throw new SandboxException($"there is a network {name} already") { Operation = Operation.MakeNetwork, Errno = "EEXIST" };
            }
        }

        // of a holder that was killed
        _ = Libc.UnlinkAt(_directory, name);
        Check(Libc.ListenAt(_directory, name, out var listener), name, listener);
        using (listener)
        {
            try
            {
                make(listener);
            }
            catch
            {
                _ = Libc.UnlinkAt(_directory, name);
                throw;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    private static SafeFileHandle Reopened(HostDirectory directory, string path)
    {
        if (!directory.IsPrivate)
        {
            throw new SandboxException($"the directory for networks of jobs, {path}, is not this user's alone") { Operation = Operation.OpenNetworks, Path = path, Errno = "EPERM" };
        }

        Check(Libc.OpenDirectoryToList(Bytes($"/proc/self/fd/{directory.Handle.DangerousGetHandle()}"), out var handle), path, handle);
        return handle;
    }

    private static byte[] Bytes(string path) => Encoding.UTF8.GetBytes(path + "\0");

    private static void Check(int error, string path, IDisposable? opened = null)
    {
        if (error < 0)
        {
            opened?.Dispose();
            throw Failed(error, path);
        }
    }

    private static SandboxException Failed(int error, string path) =>
        new("the directory for networks of jobs cannot be used") { Operation = Operation.OpenNetworks, Path = path, Errno = Errno.Name(-error) };
}
