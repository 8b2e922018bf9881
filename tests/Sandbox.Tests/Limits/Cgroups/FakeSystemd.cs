using Tmds.DBus.Protocol;

namespace Sandbox.Tests.Limits.Cgroups;

/// <summary>A user manager on a bus that answers to StartTransientUnit as the test wants.</summary>
internal sealed class FakeSystemd : IPathMethodHandler, IDisposable
{
    private const string Interface = "org.freedesktop.systemd1.Manager";
    private readonly DBusConnection _connection;
    private readonly Action<FakeSystemd, MethodContext> _start;
    private bool _subscribed;

    public FakeSystemd(PrivateBus bus, Action<FakeSystemd, MethodContext> start)
    {
        _start = start;
        _connection = new DBusConnection(bus.Address);
        ConnectAsync().WaitAsync(TimeSpan.FromSeconds(20)).GetAwaiter().GetResult();
    }

    public string Path => "/org/freedesktop/systemd1";

    public bool HandlesChildPaths => false;

    /// <summary>Name, mode and properties of the unit that was asked for.</summary>
    public string Unit { get; private set; } = "";

    public string Mode { get; private set; } = "";

    public Dictionary<string, VariantValue> Properties { get; } = [];

    /// <summary>What /proc/self/cgroup says once the caller is where it wants to be.</summary>
    public string Cgroups => $"1:name=systemd:/elsewhere\n0::/user.slice/app.slice/{Unit}\n";

    public ValueTask HandleMethodAsync(MethodContext context)
    {
        switch (context.Request.MemberAsString)
        {
            case "Subscribe":
                _subscribed = true;
                Reply(context, null, static (ref MessageWriter _) => { });
                break;
            case "Get":
                Reply(context, "v", static (ref MessageWriter writer) => writer.WriteVariantString("252.1"));
                break;
            case "StartTransientUnit":
                ReadRequest(context.Request);
                _start(this, context);
                break;
        }

        return default;
    }

    public static void Accept(MethodContext context) =>
        Reply(context, "o", static (ref MessageWriter writer) => writer.WriteObjectPath("/org/freedesktop/systemd1/job/7"));

    public void RemoveJob(string unit, string result)
    {
        // As the real one: no news for a bus where nobody subscribed.
        if (!_subscribed)
        {
            return;
        }

        using var writer = _connection.GetMessageWriter();
        writer.WriteSignalHeader(null, Path, Interface, "JobRemoved", "uoss");
        writer.WriteUInt32(7);
        writer.WriteObjectPath("/org/freedesktop/systemd1/job/7");
        writer.WriteString(unit);
        writer.WriteString(result);
        _connection.TrySendMessage(writer.CreateMessage());
    }

    public void Dispose() => _connection.Dispose();

    private async Task ConnectAsync()
    {
        await _connection.ConnectAsync();
        _connection.AddMethodHandler(this);
        await _connection.RequestNameAsync("org.freedesktop.systemd1", RequestNameOptions.None);
    }

    private void ReadRequest(Message request)
    {
        var body = request.GetBodyReader();
        Unit = body.ReadString();
        Mode = body.ReadString();
        var end = body.ReadArrayStart(DBusType.Struct);
        while (body.HasNext(end))
        {
            body.AlignStruct();
            Properties[body.ReadString()] = body.ReadVariantValue();
        }
    }

    private static void Reply(MethodContext context, string? signature, Body write)
    {
        var writer = context.CreateReplyWriter(signature);
        try
        {
            write(ref writer);
            context.Reply(writer.CreateMessage());
        }
        finally
        {
            writer.Dispose();
        }
    }

    private delegate void Body(ref MessageWriter writer);
}
