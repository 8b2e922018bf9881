using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Sandbox.Running;

/// <summary>
/// A command that enters a sandbox, from the question to its end. The host gives the ends of its streams to whoever asked, and has no part in what goes through
/// them; further lines on the connection are signals for it.
/// </summary>
internal static class EntryConversation
{
    private const int MostSignalBytes = 256;
    private const int Kill = 9;

    private static readonly TimeSpan s_untilKilled = TimeSpan.FromSeconds(10);

    /// <summary>Serves it.</summary>
    /// <param name="connection">Whose peer has been looked at.</param>
    /// <param name="sandbox">What is entered.</param>
    /// <param name="question">The command.</param>
    /// <param name="wait">Waits for a task, and throws if the peer goes away or this process does.</param>
    /// <exception cref="SandboxException">It cannot be entered.</exception>
    public static void Run(Socket connection, RunningSandbox sandbox, JsonElement question, Action<Task> wait)
    {
        using var process = sandbox.Enter(new()
        {
            Command = [.. question.GetProperty("command").EnumerateArray().Select(static word => word.GetString()!)],
            Env = question.GetProperty("env").EnumerateObject().ToDictionary(static variable => variable.Name, static variable => variable.Value.GetString()!, StringComparer.Ordinal),
            WorkingDirectory = question.GetProperty("directory").GetString(),
            Uid = Number(question, "uid"),
            Gid = Number(question, "gid"),
            Terminal = question.GetProperty("terminal").GetBoolean(),
            Rows = question.GetProperty("rows").GetInt32(),
            Columns = question.GetProperty("columns").GetInt32(),
        });
        if (process.Ends.Count > 0)
        {
            DescriptorPassing.Send(connection, "{\"entered\":true}\n"u8, process.Ends);
        }

        // They are the peer's now: the end of the process is the end of its streams.
        process.Dispose();
        var ended = process.WaitAsync();
        connection.ReceiveTimeout = 0;
        new Thread(() => PassSignals(connection, process)) { IsBackground = true, Name = "sandbox entry" }.Start();
        wait(ended);
        var result = ended.GetAwaiter().GetResult();
        HostQuestion.SendLine(connection, json =>
        {
            json.WriteBoolean("isNotRun", result.IsNotRun);
            json.WriteBoolean("isNotFound", result.IsNotFound);
            json.WriteNumber("exitCode", result.ExitCode ?? -1);
            json.WriteString("signal", result.Signal);
            json.WriteString("message", result.Message);
        });
    }

    private static uint? Number(JsonElement question, string name) => question.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetUInt32() : null;

    private static void PassSignals(Socket connection, EnteredProcess process)
    {
        try
        {
            while (true)
            {
                // Several may have come together.
                foreach (var one in Encoding.UTF8.GetString(HostQuestion.ReadLine(connection, MostSignalBytes)).Split('\n'))
                {
                    using var line = JsonDocument.Parse(one);
                    process.Signal(line.RootElement.GetProperty("signal").GetInt32());
                }
            }
        }
        catch (Exception over) when (over is IOException or SocketException or ObjectDisposedException or JsonException or KeyNotFoundException or InvalidOperationException or ArgumentOutOfRangeException)
        {
            // Whoever asked went away, or it is over. What hears of neither is told that its caller is gone. A job has room for few that enter: who ignores that does not keep it.
            process.Signal(1);
            if (!process.WaitAsync().Wait(s_untilKilled))
            {
                process.Signal(Kill);
            }
        }
    }
}
