using Tmds.DBus.Protocol;

namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>The caller's systemd user manager, spoken to over one connection (org.freedesktop.systemd1(5)).</summary>
internal sealed class UserSystemd(BusAddress address) : IDisposable
{
    private const string Service = "org.freedesktop.systemd1";
    private const string Root = "/org/freedesktop/systemd1";
    private const string Interface = "org.freedesktop.systemd1.Manager";

    private readonly DBusConnection _connection = new(new BusOptions(address));

    /// <summary>Who is expected to answer now, in words.</summary>
    public string Awaited { get; private set; } = $"the user bus at {address.Words}";

    /// <summary>Ends the connection, and every call that still waits for an answer.</summary>
    public void Dispose() => _connection.Dispose();

    /// <summary>Connects and says hello.</summary>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        await _connection.ConnectAsync().AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
        Awaited = "the user manager";
    }

    /// <summary>Its version, such as <c>252.38-1~deb12u1</c>.</summary>
    public Task<string> ReadVersionAsync(CancellationToken cancellationToken) =>
        _connection
            .CallMethodAsync(GetVersion(), static (message, _) => message.GetBodyReader().ReadVariantValue().GetString())
            .WaitAsync(cancellationToken);

    /// <summary>The number by which the bus knows this process; it differs in another PID namespace.</summary>
    public Task<uint> ReadOwnProcessAsync(CancellationToken cancellationToken) =>
        _connection
            .CallMethodAsync(GetOwnProcess(), static (message, _) => message.GetBodyReader().ReadUInt32())
            .WaitAsync(cancellationToken);

    /// <summary>Hears of every job of the manager that ends from now on.</summary>
    /// <param name="removed">Gets the unit and the result, such as <c>done</c> or <c>failed</c>.</param>
    /// <param name="lost">Gets the reason when there will be no more news.</param>
    /// <param name="cancellationToken">Gives up waiting for the bus.</param>
    public async Task WatchJobsAsync(Action<string, string> removed, Action<Exception> lost, CancellationToken cancellationToken)
    {
        await _connection.WatchSignalAsync(
            Service, Root, Interface, "JobRemoved", static (message, _) => ReadJob(message), Tell,
            ObserverFlags.EmitAll, emitOnCapturedContext: false).AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
        await _connection.CallMethodAsync(Subscribe()).WaitAsync(cancellationToken).ConfigureAwait(false);

        void Tell(Notification<(string Unit, string Result)> news)
        {
            if (news.HasValue)
            {
                removed(news.Value.Unit, news.Value.Result);
            }
            else
            {
                lost(news.CompletionReason);
            }
        }
    }

    /// <summary>Queues the start of a scope that holds the caller, delegated to it; the job's end tells the outcome.</summary>
    public async Task QueueScopeAsync(string unit, ScopeRequest request, CancellationToken cancellationToken)
    {
        await _connection.CallMethodAsync(StartTransientUnit(unit, request)).WaitAsync(cancellationToken).ConfigureAwait(false);
        Awaited = "the user manager's job";
    }

    private static (string Unit, string Result) ReadJob(Message message)
    {
        var body = message.GetBodyReader();
        _ = body.ReadUInt32();
        _ = body.ReadObjectPathAsSpan();
        return (body.ReadString(), body.ReadString());
    }

    private MessageBuffer GetVersion()
    {
        using var writer = _connection.GetMessageWriter();
        // Whoever only asks must not start anything; nor is a manager that nobody started of any use.
        writer.WriteMethodCallHeader(Service, Root, "org.freedesktop.DBus.Properties", "Get", "ss", MessageFlags.NoAutoStart);
        writer.WriteString(Interface);
        writer.WriteString("Version");
        return writer.CreateMessage();
    }

    private MessageBuffer GetOwnProcess()
    {
        using var writer = _connection.GetMessageWriter();
        writer.WriteMethodCallHeader(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetConnectionUnixProcessID", "s");
        writer.WriteString(_connection.UniqueName ?? "");
        return writer.CreateMessage();
    }

    private MessageBuffer Subscribe()
    {
        using var writer = _connection.GetMessageWriter();
        // Until somebody has, the manager keeps its news from the bus (org.freedesktop.systemd1(5), "Signals").
        writer.WriteMethodCallHeader(Service, Root, Interface, "Subscribe", null, MessageFlags.NoAutoStart);
        return writer.CreateMessage();
    }

    private MessageBuffer StartTransientUnit(string unit, ScopeRequest request)
    {
        var writer = _connection.GetMessageWriter();
        try
        {
            writer.WriteMethodCallHeader(
                Service, Root, Interface, "StartTransientUnit", "ssa(sv)a(sa(sv))", MessageFlags.NoAutoStart);
            writer.WriteString(unit);
            writer.WriteString("fail");
            WriteProperties(ref writer, request);
            var otherUnits = writer.WriteArrayStart(DBusType.Struct);
            writer.WriteArrayEnd(otherUnits);
            return writer.CreateMessage();
        }
        finally
        {
            writer.Dispose();
        }
    }

    private static void WriteProperties(ref MessageWriter writer, ScopeRequest request)
    {
        var properties = writer.WriteArrayStart(DBusType.Struct);
        WriteProperty(ref writer, "Description", VariantValue.String(request.Description));
        // 0 is whoever asks, by the credentials of its socket (dbus-scope.c): right across PID namespaces too, where our
        // own number may be that of a stranger.
        uint[] processes = [0, .. request.OtherProcesses.Select(pid => (uint)pid)];
        WriteProperty(ref writer, "PIDs", VariantValue.Array(processes));
        // All controllers, and the directory is the caller's; it also leaves the kernel's out-of-memory killer's choice as
        // it is, where the manager would end the scope with its first victim (OOMPolicy=, systemd 253).
        WriteProperty(ref writer, "Delegate", VariantValue.Bool(true));
        // A scope that failed would be kept for somebody to look at, and its name with it.
        WriteProperty(ref writer, "CollectMode", VariantValue.String("inactive-or-failed"));
        if (request.Slice.Length > 0)
        {
            WriteProperty(ref writer, "Slice", VariantValue.String(request.Slice));
        }

        writer.WriteArrayEnd(properties);
    }

    private static void WriteProperty(ref MessageWriter writer, string name, VariantValue value)
    {
        writer.WriteStructureStart();
        writer.WriteString(name);
        writer.WriteVariant(value);
    }
}
