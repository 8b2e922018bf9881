using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Sandbox.Interop;
using Tmds.DBus.Protocol;

namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>A Unix socket to talk D-Bus on.</summary>
internal sealed record BusAddress
{
    /// <summary>
    /// A path of the host, or a name in the abstract namespace that begins with NUL (unix(7)); empty if the address is
    /// of another kind.
    /// </summary>
    public required string Socket { get; init; }

    /// <summary>The address as its user knows it.</summary>
    public required string Words { get; init; }

    /// <summary>The user whose bus it must be.</summary>
    public required uint Owner { get; init; }

    /// <summary>The socket is no path, so no file tells whose it is.</summary>
    public bool IsAbstract => Socket.StartsWith('\0');

    /// <summary>The addresses in a list of the form <c>unix:path=/run/user/1000/bus,guid=…;tcp:…</c> (D-Bus Specification).</summary>
    public static IEnumerable<BusAddress> ParseList(string list, uint owner) =>
        list.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(address => Parse(address, owner));

    private static BusAddress Parse(string address, uint owner)
    {
        const string unix = "unix:";
        var socket = "";
        foreach (var pair in address.StartsWith(unix, StringComparison.Ordinal) ? address[unix.Length..].Split(',') : [])
        {
            var text = Uri.UnescapeDataString(pair[(pair.IndexOf('=', StringComparison.Ordinal) + 1)..]);
            if (pair.StartsWith("path=", StringComparison.Ordinal))
            {
                socket = text;
            }
            else if (pair.StartsWith("abstract=", StringComparison.Ordinal))
            {
                socket = $"\0{text}";
            }
        }

        return new BusAddress { Socket = socket, Words = address, Owner = owner };
    }
}

/// <summary>Connects to a bus, and only if it is the caller's own: whoever answers would learn what it runs, and where.</summary>
internal sealed class BusOptions(BusAddress address) : DBusConnectionOptions
{
    /// <inheritdoc/>
    protected override async ValueTask<SetupResult> SetupAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(address.Socket), cancellationToken).ConfigureAwait(false);
            RefuseStrangers(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        return new SetupResult
        {
            ConnectionStream = new NetworkStream(socket, ownsSocket: true),
            UserId = $"{address.Owner}",
        };
    }

    // The file may have been replaced since somebody looked at it, and an abstract name has no file: the kernel knows
    // who listens there (unix(7), SO_PEERCRED: the credentials at the time of listen(2)).
    private void RefuseStrangers(Socket socket)
    {
        const int socketLevel = 1;     // SOL_SOCKET
        const int peerCredentials = 17; // SO_PEERCRED
        Span<byte> credentials = stackalloc byte[12]; // struct ucred: pid, uid, gid
        socket.GetRawSocketOption(socketLevel, peerCredentials, credentials);
        var owner = BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]);
        if (owner != address.Owner)
        {
            throw new SandboxException($"no user bus: {address.Words} is served by uid {owner}, which is not the caller");
        }
    }
}

// The order is sd-bus's (sd_bus_open_user(3)), with one more place to look: a session that PAM did not open, such
// as one of sudo or cron, has neither variable, while the bus of the user may well be there.

/// <summary>Finds the caller's user bus. Looks at files only: connects to nothing, starts nothing.</summary>
internal sealed class BusFinder(Func<string, string?> variable, string runtimeDirectories, uint caller)
{
    private const int MaxSocket = 107; // sizeof(sun_path) less the final NUL, unix(7)

    /// <summary>For this process.</summary>
    public BusFinder()
        : this(Environment.GetEnvironmentVariable, "/run/user", Libc.EffectiveUid())
    {
    }

    /// <summary>The first bus that is the caller's own; null without one, and the reason in words.</summary>
    public BusAddress? Find(out string reason)
    {
        var list = variable("DBUS_SESSION_BUS_ADDRESS") ?? "";
        var problems = new List<string>();
        reason = "";
        foreach (var address in list.Length > 0 ? BusAddress.ParseList(list, caller) : [InRuntimeDirectory()])
        {
            var problem = Problem(address);
            if (problem.Length == 0)
            {
                return address;
            }

            problems.Add($"{address.Words} {problem}");
        }

        var origin = list.Length > 0 ? "of DBUS_SESSION_BUS_ADDRESS, " : "DBUS_SESSION_BUS_ADDRESS is not set and ";
        reason = $"no user bus: {origin}{string.Join("; ", problems)}";
        return null;
    }

    private BusAddress InRuntimeDirectory()
    {
        var directory = variable("XDG_RUNTIME_DIR") is { Length: > 0 } given
            ? given
            : string.Create(CultureInfo.InvariantCulture, $"{runtimeDirectories}/{caller}");
        return new BusAddress { Socket = $"{directory}/bus", Words = $"{directory}/bus", Owner = caller };
    }

    /// <summary>Why not this one; empty if nothing speaks against it.</summary>
    private static string Problem(BusAddress address)
    {
        if (address.Socket.Length == 0)
        {
            return "is not a Unix socket, whose owner the kernel would vouch for";
        }

        if (Encoding.UTF8.GetByteCount(address.Socket) > MaxSocket)
        {
            return $"is longer than the {MaxSocket} bytes of a socket's name";
        }

        // Whoever holds an abstract name is known only once it has been connected to: see BusOptions.
        if (address.IsAbstract)
        {
            return "";
        }

        var error = -Libc.StatusOf(address.Socket, out var status);
        if (error != 0)
        {
            return error == Errno.Number("ENOENT") ? "does not exist" : $"cannot be looked at ({Errno.Name(error)})";
        }

        if (status.Kind != FileKind.Socket)
        {
            return "is not a socket";
        }

        return status.Owner == address.Owner ? "" : $"belongs to uid {status.Owner}, which is not the caller";
    }
}

/// <summary>A conversation with the user's systemd from a thread that may block: bounded, and failing in words only.</summary>
internal sealed class Conversation(BusFinder finder, TimeSpan timeout)
{
    /// <summary>Connects, talks and hangs up; false and the reason if there is no answer.</summary>
    public bool TryHold<T>(Func<UserSystemd, CancellationToken, Task<T>> talk, out T? answer, out string reason)
    {
        answer = default;
        if (finder.Find(out reason) is not { } address)
        {
            return false;
        }

        using var systemd = new UserSystemd(address);
        using var end = new CancellationTokenSource(timeout);
        try
        {
            // On the pool, so that a synchronisation context of the caller cannot be what it waits for; and waited for
            // here too, so that nothing in between can outstay the time.
            answer = Task.Run(() => TalkAsync(systemd, talk, end.Token)).WaitAsync(end.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            reason = $"timed out: no answer from {systemd.Awaited} within {timeout.TotalSeconds} s";
        }
        catch (DBusErrorReplyException absence) when (absence.ErrorName is
            "org.freedesktop.DBus.Error.NameHasNoOwner" or "org.freedesktop.DBus.Error.ServiceUnknown")
        {
            reason = $"no user manager on the bus at {address.Words}: {absence.ErrorMessage}";
        }
        catch (DBusErrorReplyException refusal)
        {
            reason = $"{systemd.Awaited} refused: {refusal.ErrorName}: {refusal.ErrorMessage}";
        }
        catch (Exception failure) when (failure is DBusExceptionBase or SandboxException or IOException or SocketException)
        {
            // The package wraps what goes wrong while it connects; the system's own words are innermost.
            var cause = failure.GetBaseException();
            reason = cause is SandboxException ? cause.Message : $"lost {systemd.Awaited}: {cause.Message}";
        }

        return reason.Length == 0;
    }

    private static async Task<T> TalkAsync<T>(
        UserSystemd systemd, Func<UserSystemd, CancellationToken, Task<T>> talk, CancellationToken cancellationToken)
    {
        await systemd.ConnectAsync(cancellationToken).ConfigureAwait(false);
        return await talk(systemd, cancellationToken).ConfigureAwait(false);
    }
}
