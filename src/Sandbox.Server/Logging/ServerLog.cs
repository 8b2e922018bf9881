using Sandbox.Running;

namespace Sandbox.Server.Logging;

/// <summary>How much a line matters, by the numbers of syslog(3).</summary>
internal enum LinePriority
{
    /// <summary>Something is wrong.</summary>
    Error = 3,

    /// <summary>Something may be.</summary>
    Warning = 4,

    /// <summary>What whoever runs the server wants to know.</summary>
    Notice = 5,

    /// <summary>What happens.</summary>
    Info = 6,

    /// <summary>How.</summary>
    Debug = 7,
}

/// <summary>Writes lines for whoever runs the server. Safe for use from many threads.</summary>
/// <param name="writer">Where to.</param>
/// <param name="hasPriorities">Each line begins with its priority in angle brackets, as systemd's journal reads it (sd-daemon(3)).</param>
/// <param name="time">The clock.</param>
internal sealed class ServerLog(TextWriter writer, bool hasPriorities, TimeProvider time)
{
    private const int Burst = 10;

    private readonly LineThrottle _throttle = new(Burst, TimeSpan.FromSeconds(10), time);
    private readonly Lock _lock = new();

    /// <summary>To stderr, in the form that it is read in (systemd.exec(5), JOURNAL_STREAM).</summary>
    public static ServerLog OfProcess() => new(Console.Error, Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { } journal && IsStderr(journal), TimeProvider.System);

    /// <summary>A line of the server itself.</summary>
    public void Say(string line, LinePriority priority = LinePriority.Notice) => Write(priority, "sandbox serve: " + line);

    /// <summary>A line that a client causes: of each kind only so many are written.</summary>
    public void SayOfClient(string kind, string line)
    {
        if (_throttle.Pass(kind, line) is { } passed)
        {
            Say(passed, LinePriority.Warning);
        }
    }

    /// <summary>A line of the framework's. Clients may cause warnings and errors, of which only so many are written; whoever asks for more than those wants all.</summary>
    public void WriteOf(string category, LinePriority priority, string line)
    {
        if ((priority <= LinePriority.Warning ? _throttle.Pass(category, line) : line) is { } passed)
        {
            Write(priority, passed);
        }
    }

    private void Write(LinePriority priority, string line)
    {
        var text = (hasPriorities ? $"<{(int)priority}>" : "") + DisplayText.Printable(line);
        lock (_lock)
        {
            writer.WriteLine(text);
        }
    }

    // The variable names the device and inode of a stream, so that whoever has another stderr than the service knows.
    private static bool IsStderr(string journal) => PathStatus.DeviceAndInodeOf("/proc/self/fd/2") == journal;
}
