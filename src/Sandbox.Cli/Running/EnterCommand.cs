using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Sandbox.Cli.Interop;
using Sandbox.Cli.Run;
using Sandbox.Cli.Terminal;
using Sandbox.Running;

namespace Sandbox.Cli.Running;

/// <summary><c>sandbox enter</c>: a command in a sandbox that runs, as docker exec has it.</summary>
internal static class EnterCommand
{
    private const int WindowChange = 28; // SIGWINCH

    // What ends programs, or is a word to them: of a terminal's keys the job's own terminal makes signals.
    private static readonly int[] s_signals = [1, 2, 3, 10, 12, 15];
    private static readonly SafeFileHandle s_input = new(0, ownsHandle: false);
    private static readonly SafeFileHandle[] s_outputs = [new(1, ownsHandle: false), new(2, ownsHandle: false)];

    public static Command Command { get; } = new()
    {
        Name = "enter",
        Arguments = "ID [-- COMMAND [ARGUMENT]...]",
        ArgumentKind = RunningCommands.Sandbox,
        Fewest = 1,
        Most = int.MaxValue,
        Question = "which sandbox?",
        Summary = "Run a command in a sandbox that runs, beside its job; by default /bin/sh",
        Details = """
            It is confined as the job is, and ends with the job at the latest. Of the caller it has nothing but what -e and -i give it. Its exit status is
            mirrored.
            """,
        Options =
        [
            new() { Name = "interactive", Letter = 'i', Help = "relay stdin to it; without it the command reads nothing" },
            new() { Name = "tty", Letter = 't', Help = "give it a terminal of its own; with -i, what you type goes to it" },
            new() { Name = "env", Letter = 'e', Value = "NAME=VALUE", Help = "set a variable, beside those of the job; the last one given counts" },
            new() { Name = "user", Letter = 'u', Value = "UID[:GID]", Help = "its ids; others than the job's if that has further ones (--subids)" },
            new() { Name = "workdir", Letter = 'w', Value = "DIRECTORY", Help = "the directory that it starts in, by default the job's" },
        ],
        Statuses =
        [
            new("N", "the command's own exit status; 128+N: signal N ended it"),
            new("125", "there is no such sandbox, or it could not be entered"),
            new("126, 127", "the command cannot be executed; it was not found in the sandbox"),
        ],
        Examples = ["sandbox enter -i -t web", "sandbox enter web -- ps aux"],
        Run = Run,
    };

    private static int Run(CommandArguments arguments)
    {
        try
        {
            if (RunningSandboxes.Look().Find(arguments.Words[0], out var problem) is not { } sandbox)
            {
                Diagnostics.Write(problem);
                return RunStatus.Sandbox;
            }

            return Enter(sandbox, arguments);
        }
        catch (Exception failure) when (failure is IOException or HostRefusedException or SocketException or JsonException)
        {
            Diagnostics.Write($"enter: {failure.Message}");
            return RunStatus.Sandbox;
        }
    }

    private static int Enter(FoundSandbox sandbox, CommandArguments arguments)
    {
        if (IdsOf(arguments.Value("user")) is not { } ids)
        {
            Diagnostics.Write($"enter: --user {DisplayText.Quote(arguments.Value("user")!)}: it is UID or UID:GID, in numbers");
            return RunStatus.Sandbox;
        }

        var hasTerminal = arguments.Has("tty");
        var window = TerminalDevice.WindowOf(s_outputs[0]) ?? TerminalDevice.WindowOf(s_input) ?? (24, 80);
        using var entry = (sandbox.Host ?? throw new HostRefusedException("it is over")).Enter(sandbox.Row.Id!, json =>
        {
            json.WriteStartArray("command");
            foreach (var word in arguments.Words is [_] ? ["/bin/sh"] : arguments.Words.Skip(1))
            {
                json.WriteStringValue(word);
            }

            json.WriteEndArray();
            json.WriteStartObject("env");
            if (arguments.Value("env") is { } variable && variable.Split('=', 2) is [{ Length: > 0 } name, var value])
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
            json.WriteString("directory", arguments.Value("workdir"));
            Write(json, "uid", ids.Uid);
            Write(json, "gid", ids.Gid);
            json.WriteBoolean("terminal", hasTerminal);
            json.WriteNumber("rows", window.Rows);
            json.WriteNumber("columns", window.Columns);
        });
        List<PosixSignalRegistration> signals = [.. s_signals.Select(signal => PosixSignalRegistration.Create((PosixSignal)signal, context =>
        {
            context.Cancel = true;
            entry.Signal(signal);
        }))];
        try
        {
            return hasTerminal && arguments.Has("interactive") && TerminalDevice.Is(s_input) ? RunRaw(entry) : Relay(entry, arguments.Has("interactive"));
        }
        finally
        {
            signals.ForEach(static signal => signal.Dispose());
        }
    }

    private static int RunRaw(HostEntry entry)
    {
        using var window = PosixSignalRegistration.Create((PosixSignal)WindowChange, _ => FollowWindow(entry));
        using var raw = new RawTerminal(s_input);
        return raw.Enter() is var error and < 0 ? throw new IOException($"the terminal cannot be handed to the command: {ErrnoNames.Of(-error)}") : Relay(entry, isInteractive: true);
    }

    private static void FollowWindow(HostEntry entry)
    {
        if (entry.Ends is [var master] && TerminalDevice.WindowOf(s_input) is { } size)
        {
            TerminalDevice.SetWindow(master, size.Rows, size.Columns);
        }
    }

    private static int Relay(HostEntry entry, bool isInteractive)
    {
        var ends = entry.Ends;
        if (ends.Count > 0)
        {
            if (isInteractive)
            {
                // It may wait for a key that never comes: nobody waits for this thread.
                new Thread(() => Feed(ends[0], isTerminal: ends.Count == 1)) { IsBackground = true, Name = "stdin" }.Start();
            }
            else if (ends.Count > 1)
            {
                ends[0].Dispose();
            }

            var errors = ends.Count > 2 ? new Thread(() => Drain(ends[2], 1)) { IsBackground = true, Name = "stderr" } : null;
            errors?.Start();
            Drain(ends.Count == 1 ? ends[0] : ends[1], 0);
            errors?.Join();
        }

        using var result = entry.Wait();
        var told = result.RootElement;
        if (told.GetProperty("isNotRun").GetBoolean())
        {
            Diagnostics.Write("enter: " + told.GetProperty("message").GetString());
            return told.GetProperty("isNotFound").GetBoolean() ? RunStatus.NotFound : RunStatus.NotExecutable;
        }

        if (told.GetProperty("signal").GetString() == "SIGSYS")
        {
            Diagnostics.Write("enter: " + told.GetProperty("message").GetString());
        }

        return told.GetProperty("signal").GetString() is { } signal ? 128 + Signals.NumberOf(signal) : told.GetProperty("exitCode").GetInt32();
    }

    // Null for what is none.
    private static (uint? Uid, uint? Gid)? IdsOf(string? given)
    {
        if (given is null)
        {
            return (null, null);
        }

        uint?[] ids = [.. given.Split(':').Select(static part => uint.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : (uint?)null)];
        return ids is [{ } uid] ? (uid, null) : ids is [{ } first, { } second] ? (first, second) : null;
    }

    private static void Write(Utf8JsonWriter json, string name, uint? id)
    {
        if (id is { } number)
        {
            json.WriteNumber(name, number);
            return;
        }

        json.WriteNull(name);
    }

    private static void Feed(SafeFileHandle to, bool isTerminal)
    {
        var buffer = new byte[16 << 10];
        try
        {
            while (Descriptors.Read(s_input, buffer) is var count and > 0)
            {
                WriteAll(to, buffer.AsSpan(0, count));
            }

            if (isTerminal)
            {
                WriteAll(to, [4]); // VEOF of a terminal whose modes nobody changed (termios(3))
                return;
            }

            to.Dispose();
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException)
        {
            // Nobody reads it any more.
        }
    }

    private static void Drain(SafeFileHandle from, int output)
    {
        var buffer = new byte[64 << 10];
        try
        {
            while (Descriptors.Read(from, buffer) is var count and > 0)
            {
                WriteAll(s_outputs[output], buffer.AsSpan(0, count));
            }
        }
        catch (IOException)
        {
            // EIO is the end of a terminal (pty(7)); a reader of ours that went away ends what it was for.
        }

        from.Dispose();
    }

    private static void WriteAll(SafeFileHandle to, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var count = Descriptors.Write(to, bytes);
            if (count == -Descriptors.EAGAIN)
            {
                _ = Descriptors.IsWritable(to, patience: null);
            }
            else if (count < 0 && count != -Descriptors.EINTR)
            {
                throw new IOException(ErrnoNames.Of(-count));
            }

            bytes = bytes[Math.Max(count, 0)..];
        }
    }
}
