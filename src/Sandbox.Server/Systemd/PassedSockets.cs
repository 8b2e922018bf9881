using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Sandbox.Server.Systemd;

/// <summary>Sockets that the service manager listens on, and passed to this process (sd_listen_fds(3)).</summary>
internal static partial class PassedSockets
{
    private const int First = 3; // SD_LISTEN_FDS_START
    private const int Most = 64;
    private const int SetFlags = 2; // F_SETFD
    private const int CloseOnExec = 1;
    private const string Process = "LISTEN_PID";
    private const string Count = "LISTEN_FDS";
    private const string Names = "LISTEN_FDNAMES";

    /// <summary>Takes them: no job and no process of ours inherits them or knows of them.</summary>
    /// <exception cref="IOException">One is no socket that listens.</exception>
    public static IReadOnlyList<Socket> Take()
    {
        var count = CountOf(Environment.GetEnvironmentVariable);
        foreach (var name in new[] { Process, Count, Names })
        {
            Environment.SetEnvironmentVariable(name, null);
            _ = unsetenv(name);
        }

        // All of them first: whatever is wrong with one, none is inherited.
        var numbers = Enumerable.Range(First, count).ToList();
        numbers.ForEach(static number => _ = fcntl(number, SetFlags, CloseOnExec));
        return [.. numbers.Select(Open)];
    }

    /// <summary>How many were passed to this process.</summary>
    internal static int CountOf(Func<string, string?> variable) =>
        variable(Process) == Environment.ProcessId.ToString(CultureInfo.InvariantCulture)
            && int.TryParse(variable(Count), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 0 and <= Most
            ? count : 0;

    private static Socket Open(int number)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(new SafeSocketHandle(number, ownsHandle: true));
            if (socket is { AddressFamily: AddressFamily.Unix or AddressFamily.InterNetwork or AddressFamily.InterNetworkV6, SocketType: SocketType.Stream }
                && (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection)! != 0)
            {
                socket.Blocking = true;
                return socket;
            }
        }
        catch (SocketException)
        {
            // no socket
        }

        socket?.Dispose();
        throw new IOException($"descriptor {number} of the service manager's is no socket that listens for streams: set ListenStream= and Accept=no");
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unsetenv(string name);

    [LibraryImport("libc")]
    private static partial int fcntl(int descriptor, int command, int argument);
}
