using System.Net.Sockets;
using System.Text.Json;

namespace Sandbox.Running;

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

        if (Find(question) is { } sandbox)
        {
            Answer(what, sandbox, question);
        }
        else if (runs.FindQueued(question.GetProperty("id").GetString()) is { } queued)
        {
            Answer(what, queued);
        }
        else
        {
            Refuse("it is over");
        }
    }

    private void Answer(string? what, RunningSandbox sandbox, JsonElement question)
    {
        switch (what)
        {
            case HostQuestion.Inspect:
                HostQuestion.SendLine(connection, json =>
                {
                    SandboxRow.Of(sandbox, runs).Write(json);
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
                Wait(sandbox.WaitAsync(CancellationToken.None), RunEnding.Of);
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

    // What waits for a slot has no process that anything else could be done with.
    private void Answer(string? what, QueuedRun queued)
    {
        switch (what)
        {
            case HostQuestion.Kill:
                Do(() =>
                {
                    queued.Cancel();
                    return null;
                });
                break;
            case HostQuestion.Wait:
                Wait(queued.Ending(), static ending => ending);
                break;
            default:
                Refuse("it waits in the queue of its server: there is no sandbox yet");
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
                SandboxRow.Of(sandbox, runs).Write(json);
                json.WriteEndObject();
            }

            foreach (var queued in runs.Queued())
            {
                json.WriteStartObject();
                SandboxRow.Of(queued, runs.Host).Write(json);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private void Wait<T>(Task<T> result, Func<T, RunEnding> ending)
    {
        Await(result);
        HostQuestion.SendLine(connection, ending(result.GetAwaiter().GetResult()).Write);
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
