using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sandbox.Running;

namespace Sandbox.Cli.Running;

/// <summary>What is done about sandboxes that run, whoever runs them: this user's commands, detached runs and servers.</summary>
internal static class RunningCommands
{
    private const int Terminate = 15;
    private const int Kill = 9;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_nap = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_untilKilled = TimeSpan.FromSeconds(30);

    /// <summary>The id of a sandbox that runs.</summary>
    public static ValueKind Sandbox { get; } = new() { Names = "ps --ids" };

    public static IReadOnlyList<Command> All { get; } =
    [
        new()
        {
            Name = "ps",
            Summary = "List the sandboxes that run, of all commands and servers of this user",
            Details = """
                A sandbox of "run", "exec" and "batch" is listed from 20 ms after its start. STATE is queued (in a server, with the number of those before it), created,
                running, paused or exited; of those that are over the detached ones are kept, and have their exit status behind it, or are lost, if the process that had
                them was killed. "no answer" is a process that has something and does not say what, as it is stopped, for instance.
                """,
            Options =
            [
                new() { Name = "all", Letter = 'a', Help = "also the detached ones that are over, as many as are kept" },
                CommandOption.Json,
                new() { Name = "ids", Help = "print the ids only" },
            ],
            Examples = ["sandbox ps", "sandbox ps --json"],
            Run = static arguments => Looking(found => List(found, arguments)),
        },
        new()
        {
            Name = "kill",
            Arguments = "ID...",
            ArgumentKind = Sandbox,
            Fewest = 1,
            Most = int.MaxValue,
            Question = "which sandbox?",
            Summary = "End sandboxes, or send their jobs a signal",
            Details = """
                ID is an id or its last digits, as "sandbox ps" prints them, or a name that only one of those has that run. What a server runs for others is meant by its
                id only. What waits in the queue of a server is taken out of it.
                """,
            Options = [new() { Name = "signal", Letter = 's', Value = "SIGNAL", Help = "send this to the job's first process, such as TERM, SIGHUP or 10; by default every process is killed" }],
            Examples = ["sandbox kill web", "sandbox kill -s HUP web"],
            Run = static arguments => SignalOf(arguments.Value("signal"), out var number) is { } problem ? Usage(problem) : Each(arguments, sandbox => Send(sandbox, number)),
        },
        new()
        {
            Name = "stop",
            Arguments = "ID...",
            ArgumentKind = Sandbox,
            Fewest = 1,
            Most = int.MaxValue,
            Question = "which sandbox?",
            Summary = "Ask the jobs of sandboxes to end (SIGTERM), and kill those that do not",
            Options = [new() { Name = "time", Letter = 't', Value = "TIME", Help = "how long they may take; by default 10s" }],
            Examples = ["sandbox stop web", "sandbox stop -t 1m web"],
            Run = static arguments => GraceOf(arguments.Value("time"), out var grace) is { } problem ? Usage(problem) : Each(arguments, sandbox => Stop(sandbox, grace)),
        },
        new()
        {
            Name = "wait",
            Arguments = "ID...",
            ArgumentKind = Sandbox,
            Fewest = 1,
            Most = int.MaxValue,
            Question = "which sandbox?",
            Summary = "Wait until sandboxes are over, and print the exit status of each, as \"sandbox run\" has it",
            Examples = ["sandbox wait web"],
            Run = static arguments => Each(arguments, static sandbox => Print(Await(sandbox, null))),
        },
        LogsCommand.Command,
        RemoveCommand.Command,
        new()
        {
            Name = "inspect",
            Arguments = "ID...",
            ArgumentKind = Sandbox,
            Fewest = 1,
            Most = int.MaxValue,
            Question = "which sandbox?",
            Summary = "Print what sandboxes that run really are: job, plan, enforcement, isolation, namespaces",
            Details = "Each is one JSON object. The namespaces are written as \"ls -l /proc/PID/ns\" shows them.",
            Examples = ["sandbox inspect web"],
            Run = static arguments => Each(arguments, Inspect),
        },
        StatsCommand.Command,
        EnterCommand.Command,
        new()
        {
            Name = "pause",
            Arguments = "ID...",
            ArgumentKind = Sandbox,
            Fewest = 1,
            Most = int.MaxValue,
            Question = "which sandbox?",
            Summary = "Stop every task of sandboxes, until \"sandbox resume\"",
            Details = "It needs a control group of version 2 for the job. The time limits of the job go on.",
            Examples = ["sandbox pause web"],
            Run = static arguments => Each(arguments, static sandbox => Do(sandbox, HostQuestion.Pause)),
        },
        new()
        {
            Name = "resume",
            Arguments = "ID...",
            ArgumentKind = Sandbox,
            Fewest = 1,
            Most = int.MaxValue,
            Question = "which sandbox?",
            Summary = "Let the tasks of sandboxes go on that were paused",
            Examples = ["sandbox resume web"],
            Run = static arguments => Each(arguments, static sandbox => Do(sandbox, HostQuestion.Resume)),
        },
        new()
        {
            Name = "generate systemd",
            Arguments = "ID",
            ArgumentKind = new() { Names = "ps --all --ids" },
            Fewest = 1,
            Most = 1,
            Question = "which sandbox?",
            Summary = "Print a unit of the systemd user manager that runs what a detached sandbox runs",
            Examples = ["sandbox generate systemd web > ~/.config/systemd/user/web.service"],
            Run = static arguments => Each(arguments, static sandbox => StandardStreams.WriteOutput(
                SystemdUnit.Of(sandbox.Kept ?? throw new HostRefusedException("only of what was started with \"sandbox run --detach\" is it known how")))),
        },
    ];

    /// <summary>Looks for sandboxes and does something with them.</summary>
    public static int Looking(Func<RunningSandboxes, int> work)
    {
        try
        {
            return work(RunningSandboxes.Look());
        }
        catch (IOException failure)
        {
            Diagnostics.Write(failure.Message);
            return ExitStatus.Sandbox;
        }
    }

    /// <summary>Does something with each sandbox that was named; the status is the largest of them.</summary>
    /// <param name="arguments">Its words are the sandboxes.</param>
    /// <param name="work">Throws <see cref="HostRefusedException"/> where it cannot be done, and <see cref="IOException"/> where its host does not answer.</param>
    public static int Each(CommandArguments arguments, Action<FoundSandbox> work) => Looking(found =>
    {
        var status = ExitStatus.Ok;
        foreach (var given in arguments.Words)
        {
            if (found.Find(given, out var problem) is not { } sandbox)
            {
                Diagnostics.Write(problem);
                status = Math.Max(status, ExitStatus.Usage);
                continue;
            }

            try
            {
                work(sandbox);
            }
            catch (Exception failure) when (failure is IOException or HostRefusedException)
            {
                Diagnostics.Write($"{DisplayText.Quote(given)}: {failure.Message}");
                status = ExitStatus.Sandbox;
            }
        }

        return status;
    });

    /// <summary>Has the host of a sandbox do something.</summary>
    public static void Do(FoundSandbox sandbox, string what, Action<Utf8JsonWriter>? more = null)
    {
        using var answer = Live(sandbox).Ask(what, sandbox.Row.Id, s_patience, more);
        if (answer is null)
        {
            throw new HostRefusedException("it is over");
        }
    }

    private static int List(RunningSandboxes found, CommandArguments arguments)
    {
        SandboxRow[] rows = [.. found.All.Where(sandbox => arguments.Has("all") || sandbox.Host is not null).Select(static sandbox => sandbox.Row)];
        if (arguments.Has("json"))
        {
            var text = new ArrayBufferWriter<byte>();
            RunningTable.Write(text, rows);
            StandardStreams.WriteOutput(text.WrittenSpan);
        }
        else if (!arguments.Has("ids"))
        {
            StandardStreams.WriteOutput(string.Join('\n', RunningTable.Lines(rows, TimeProvider.System.GetUtcNow())));
        }
        else if (rows.Select(static row => row.Id).OfType<string>().ToArray() is { Length: > 0 } ids)
        {
            StandardStreams.WriteOutput(string.Join('\n', ids));
        }

        return ExitStatus.Ok;
    }

    private static void Send(FoundSandbox sandbox, int number)
    {
        if (number == Kill)
        {
            Do(sandbox, HostQuestion.Kill);
            return;
        }

        Do(sandbox, HostQuestion.Signal, json => json.WriteNumber("signal", number));
    }

    private static void Stop(FoundSandbox sandbox, TimeSpan grace)
    {
        if (sandbox.Host is null)
        {
            return; // it is over, which is what was asked for
        }

        var isSent = false;
        try
        {
            if (sandbox.Row.State == RowState.Paused)
            {
                Do(sandbox, HostQuestion.Resume);
            }

            Send(sandbox, Terminate);
            isSent = true;
        }
        catch (HostRefusedException)
        {
            // It is over meanwhile, or has no process yet that could hear of it.
        }

        if (isSent && Ended(sandbox, grace))
        {
            return;
        }

        try
        {
            Do(sandbox, HostQuestion.Kill);
            _ = Await(sandbox, s_untilKilled);
        }
        catch (HostRefusedException)
        {
            // It is over, which is what was asked for.
        }
    }

    private static bool Ended(FoundSandbox sandbox, TimeSpan grace)
    {
        if (grace == TimeSpan.Zero)
        {
            return false;
        }

        try
        {
            _ = Await(sandbox, grace);
            return true;
        }
        catch (HostRefusedException)
        {
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Waits until a sandbox is over.</summary>
    // A host that ends with its job may be gone before it could answer; of a detached one the ending is kept, a moment after the job is over.
    public static RunEnding Await(FoundSandbox sandbox, TimeSpan? patience)
    {
        try
        {
            using var answer = sandbox.Host?.Ask(HostQuestion.Wait, sandbox.Row.Id, patience, null);
            if (answer is not null)
            {
                return RunEnding.Read(answer.RootElement);
            }
        }
        catch (Exception gone) when ((gone is HostRefusedException && sandbox.Kept is not null) || sandbox.Kept?.Ending() is not null)
        {
        }

        var since = TimeProvider.System.GetTimestamp();
        while (sandbox is { Kept: { } kept, Host: { } host } && kept.Ending() is null && host.List() is not null && TimeProvider.System.GetElapsedTime(since) < s_patience)
        {
            Thread.Sleep(s_nap);
        }

        return sandbox.Kept?.Ending() ?? throw new HostRefusedException("it is over, and nobody knows how it ended");
    }

    private static void Print(RunEnding ending) => StandardStreams.WriteOutput(RunningTable.StatusOf(ending).ToString(CultureInfo.InvariantCulture));

    private static void Inspect(FoundSandbox sandbox)
    {
        using var answer = Live(sandbox).Ask(HostQuestion.Inspect, sandbox.Row.Id, s_patience, null) ?? throw new HostRefusedException("it is over");
        var text = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(text, new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            answer.RootElement.WriteTo(json);
        }

        text.Write("\n"u8);
        StandardStreams.WriteOutput(text.WrittenSpan);
    }

    private static HostClient Live(FoundSandbox sandbox) => sandbox.Host ?? throw new HostRefusedException("it is over");

    private static int Usage(string problem)
    {
        Diagnostics.Write(problem);
        return ExitStatus.Usage;
    }

    private static string? SignalOf(string? given, out int number)
    {
        number = Kill;
        if (given is null || (int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number is >= 1 and <= 64))
        {
            return null;
        }

        try
        {
            var name = given.ToUpperInvariant();
            number = Signals.NumberOf(name.StartsWith("SIG", StringComparison.Ordinal) ? name : "SIG" + name);
            return null;
        }
        catch (ArgumentException)
        {
            return $"kill: --signal {DisplayText.Quote(given)}: there is no such signal";
        }
    }

    private static string? GraceOf(string? given, out TimeSpan grace)
    {
        grace = TimeSpan.FromSeconds(10);
        if (given is null)
        {
            return null;
        }

        try
        {
            // docker's are seconds.
            grace = Quantities.ParseDuration(given.All(char.IsAsciiDigit) ? given + "s" : given);
            return null;
        }
        catch (FormatException problem)
        {
            return $"stop: --time {DisplayText.Quote(given)}: it {problem.Message}";
        }
    }
}
