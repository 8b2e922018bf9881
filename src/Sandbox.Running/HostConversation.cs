using System.Buffers;
using System.Net.Sockets;
using System.Text.Json;

namespace Sandbox.Running;

/// <summary>What is asked of a host; one question on each connection, and one answer. Both are an object of JSON on one line.</summary>
internal static class HostQuestion
{
    public const string List = "list";
    public const string Inspect = "inspect";
    public const string Signal = "signal";
    public const string Kill = "kill";
    public const string Pause = "pause";
    public const string Resume = "resume";
    public const string Wait = "wait";
    public const string Log = "log";
    public const string Enter = "enter";

    /// <summary>The largest of either.</summary>
    public const int MostBytes = 64 << 20;

    /// <summary>One line from a socket, without its end.</summary>
    /// <exception cref="IOException">There is none.</exception>
    public static byte[] ReadLine(Socket socket, int most)
    {
        var line = new ArrayBufferWriter<byte>(4096);
        while (true)
        {
            var count = socket.Receive(line.GetSpan(4096));
            if (count == 0 || line.WrittenCount + count > most)
            {
                throw new IOException("the connection ended before its line did");
            }

            line.Advance(count);
            if (line.WrittenSpan[^1] == (byte)'\n')
            {
                return line.WrittenSpan[..^1].ToArray();
            }
        }
    }

    /// <summary>Sends one line.</summary>
    public static void SendLine(Socket socket, Action<Utf8JsonWriter> members)
    {
        var line = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        line.Write("\n"u8);
        for (var rest = line.WrittenSpan; rest.Length > 0;)
        {
            rest = rest[socket.Send(rest)..];
        }
    }
}

/// <summary>One connection to a host, from the question to the answer, on a thread of its own.</summary>
/// <param name="connection">Whose peer has been looked at.</param>
/// <param name="runs">What there is to show.</param>
/// <param name="ended">This process goes.</param>
internal sealed class HostConversation(Socket connection, HostedRuns runs, CancellationToken ended)
{
    private const int MostQuestionBytes = 64 << 10;

    // A peer that does not go on must not keep a thread.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    // Somebody looks: for so long the use of memory and CPU is renewed often, and so long the answer waits for a look at it.
    private static readonly TimeSpan s_watched = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_untilSeen = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_nap = TimeSpan.FromMilliseconds(5);

    /// <summary>Answers.</summary>
    public void Run()
    {
        connection.ReceiveTimeout = connection.SendTimeout = (int)s_patience.TotalMilliseconds;
        using var question = Parse(HostQuestion.ReadLine(connection, MostQuestionBytes));
        Answer(question.RootElement);
    }

    private void Answer(JsonElement question)
    {
        var what = question.GetProperty("do").GetString();
        if (what == HostQuestion.List)
        {
            List();
            return;
        }

        if (Find(question) is not { } sandbox)
        {
            Refuse("it is over");
            return;
        }

        switch (what)
        {
            case HostQuestion.Inspect:
                HostQuestion.SendLine(connection, json =>
                {
                    SandboxRow.Of(sandbox, runs.Host).Write(json);
                    sandbox.WriteInspection(json);
                });
                break;
            case HostQuestion.Signal:
                Do(() => sandbox.Signal(question.GetProperty("signal").GetInt32()) ? null : "it does not run, yet or any more");
                break;
            case HostQuestion.Kill:
                Do(() =>
                {
                    sandbox.Kill();
                    return null;
                });
                break;
            case HostQuestion.Pause:
            case HostQuestion.Resume:
                Do(() => Freeze(sandbox, what == HostQuestion.Pause));
                break;
            case HostQuestion.Wait:
                Wait(sandbox);
                break;
            case HostQuestion.Enter:
                Enter(sandbox, question);
                break;
            case HostQuestion.Log:
                Log(question.GetProperty("after").GetInt64());
                break;
            default:
                Refuse("it does not know that question: it is of another version");
                break;
        }
    }

    private void List()
    {
        var sandboxes = runs.List();
        var since = TimeProvider.System.GetTimestamp();
        foreach (var sandbox in sandboxes)
        {
            sandbox.WatchUsage(s_watched);
        }

        while (sandboxes.Any(static sandbox => sandbox is { State: SandboxState.Running, Usage.MemoryBytes: null } or { State: SandboxState.Running, Usage: null }) &&
            TimeProvider.System.GetElapsedTime(since) < s_untilSeen)
        {
            ended.WaitHandle.WaitOne(s_nap);
        }

        HostQuestion.SendLine(connection, json =>
        {
            json.WriteStartArray("sandboxes");
            foreach (var sandbox in sandboxes)
            {
                json.WriteStartObject();
                SandboxRow.Of(sandbox, runs.Host).Write(json);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private void Wait(RunningSandbox sandbox)
    {
        var result = sandbox.WaitAsync(CancellationToken.None);
        Await(result);
        HostQuestion.SendLine(connection, RunEnding.Of(result.GetAwaiter().GetResult()).Write);
    }

    // A peer that goes away meanwhile must not keep a thread for as long as a job may run. It says nothing more: what can be read is its end.
    private void Await(Task task)
    {
        while (Task.WaitAny([task], (int)s_look.TotalMilliseconds, ended) < 0)
        {
            if (connection.Poll(0, SelectMode.SelectRead))
            {
                throw new IOException("whoever asked went away");
            }
        }
    }

    private void Enter(RunningSandbox sandbox, JsonElement question)
    {
        try
        {
            EntryConversation.Run(connection, sandbox, question, task => Task.WaitAny([task], ended));
        }
        catch (SandboxException failure)
        {
            Refuse(SandboxHost.Explain(failure).Message);
        }
    }

    private void Log(long after)
    {
        if (runs.Log is not { } log)
        {
            Refuse("what it writes goes to whoever started it, and is not kept: start it with \"sandbox run --detach\"");
            return;
        }

        // Who follows it asks again, and sees in between whether anybody still reads.
        var more = log.WaitAsync(after, ended);
        var isOver = Task.WaitAny([more], (int)s_look.TotalMilliseconds, ended) == 0 && more.GetAwaiter().GetResult();
        HostQuestion.SendLine(connection, json => json.WriteBoolean("over", isOver));
    }

    private static string? Freeze(RunningSandbox sandbox, bool stops)
    {
        try
        {
            if (stops)
            {
                sandbox.Pause();
            }
            else
            {
                sandbox.Resume();
            }

            return null;
        }
        catch (SandboxException failure)
        {
            return SandboxHost.Explain(failure) is { Hint: { } hint } error ? $"{error.Message}; {hint}" : failure.Message;
        }
    }

    private void Do(Func<string?> action)
    {
        string? problem;
        try
        {
            problem = action();
        }
        catch (ArgumentOutOfRangeException)
        {
            problem = "no process can handle that signal";
        }

        if (problem is not null)
        {
            Refuse(problem);
            return;
        }

        HostQuestion.SendLine(connection, static json => json.WriteBoolean("done", true));
    }

    private void Refuse(string why) => HostQuestion.SendLine(connection, json => json.WriteString("error", why));

    private RunningSandbox? Find(JsonElement question)
    {
        var id = question.GetProperty("id").GetString();
        return runs.List().FirstOrDefault(sandbox => sandbox.Id == id);
    }

    private static JsonDocument Parse(byte[] line)
    {
        try
        {
            return JsonDocument.Parse(line);
        }
        catch (JsonException damage)
        {
            throw new IOException("the question is none", damage);
        }
    }
}
