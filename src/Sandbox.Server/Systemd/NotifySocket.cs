using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Runtime.InteropServices;

namespace Sandbox.Server.Systemd;

/// <summary>Tells the service manager how the server stands (sd_notify(3)). Where there is none, nothing is told.</summary>
internal sealed partial class NotifySocket : IDisposable
{
    private const string Variable = "NOTIFY_SOCKET";
    private const string WatchdogVariable = "WATCHDOG_USEC";
    private const string WatchdogProcess = "WATCHDOG_PID";

    private readonly Socket? _socket;
    private readonly TimeSpan? _watchdog;
    private ITimer? _timer;

    private NotifySocket(Socket? socket, TimeSpan? watchdog) => (_socket, _watchdog) = (socket, watchdog);

    /// <summary>How often it wants to hear from us; null if it does not.</summary>
    public TimeSpan? Watchdog => _watchdog;

    /// <summary>By the variables of this process, which no job and no process of ours has after that.</summary>
    public static NotifySocket Take()
    {
        var opened = Open(Environment.GetEnvironmentVariable);
        foreach (var name in new[] { Variable, WatchdogVariable, WatchdogProcess })
        {
            Environment.SetEnvironmentVariable(name, null);
            _ = unsetenv(name);
        }

        return opened;
    }

    /// <summary>By these variables.</summary>
    internal static NotifySocket Open(Func<string, string?> variable)
    {
        if (variable(Variable) is not { Length: > 1 } address || address[0] is not ('/' or '@'))
        {
            return new(null, null);
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { SendTimeout = 5000 };
        try
        {
            // @ stands for the NUL of an abstract name (unix(7)).
            socket.Connect(new UnixDomainSocketEndPoint(address[0] == '@' ? "\0" + address[1..] : address));
            return new(socket, WatchdogOf(variable));
        }
        catch (SocketException)
        {
            socket.Dispose();
            return new(null, null);
        }
    }

    /// <summary>It listens, and its clients are answered.</summary>
    /// <param name="isAlive">Whether it is, asked before each sign of life.</param>
    /// <param name="time">The clock.</param>
    public void Ready(Func<bool> isAlive, TimeProvider time)
    {
        Tell($"READY=1\nMAINPID={Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}");
        if (_watchdog is { } every)
        {
            _timer = time.CreateTimer(_ => SayAlive(isAlive), null, every / 2, every / 2);
        }
    }

    /// <summary>It ends, and may take so long for it.</summary>
    public void Stopping(TimeSpan patience) =>
        Tell($"STOPPING=1\nEXTEND_TIMEOUT_USEC={((long)patience.TotalMicroseconds).ToString(CultureInfo.InvariantCulture)}");

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        _socket?.Dispose();
    }

    private void SayAlive(Func<bool> isAlive)
    {
        // Whoever does not read would hold a thread for each sign of life (unix(7), max_dgram_qlen), and soon all of them.
        if (isAlive() && CanTell())
        {
            Tell("WATCHDOG=1");
        }
    }

    private static TimeSpan? WatchdogOf(Func<string, string?> variable) =>
        long.TryParse(variable(WatchdogVariable), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0
            && (variable(WatchdogProcess) is not { Length: > 0 } process || process == Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
            ? TimeSpan.FromMicroseconds(microseconds) : null;

    private bool CanTell()
    {
        try
        {
            return _socket?.Poll(0, SelectMode.SelectWrite) == true;
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    private void Tell(string state)
    {
        try
        {
            _socket?.Send(Encoding.ASCII.GetBytes(state));
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // Whoever does not listen any more has other means to find out.
        }
    }

    // What child processes inherit is not the framework's copy of the environment.
    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unsetenv(string name);
}
