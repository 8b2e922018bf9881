using System.Globalization;
using System.Text;
using Sandbox.Cli.Interop;
using Sandbox.Running;

namespace Sandbox.Cli.Running;

/// <summary><c>sandbox stats</c>: what sandboxes use, again and again.</summary>
internal static class StatsCommand
{
    private const int UsualColumns = 80;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(300);
    private static readonly Microsoft.Win32.SafeHandles.SafeFileHandle s_output = new(1, ownsHandle: false);

    public static Command Command { get; } = new()
    {
        Name = "stats",
        Arguments = "[ID]",
        ArgumentKind = RunningCommands.Sandbox,
        Most = 1,
        Summary = "Show what sandboxes use of CPU and memory, once a second",
        Details = """
            CPUS is the CPU time of the last second, 1.00 for one whole processor. On a terminal it is a table that changes, elsewhere lines. With ID it ends
            with that sandbox, without when it is interrupted.
            """,
        Options = [new() { Name = "once", Help = "print one table and end" }],
        Examples = ["sandbox stats", "sandbox stats --once web"],
        Run = static arguments => RunningCommands.Looking(found => Show(found, arguments.Words is [var given] ? given : null, arguments.Has("once"))),
    };

    private static int Show(RunningSandboxes found, string? given, bool isOnce)
    {
        string? id = null;
        if (given is not null)
        {
            if (found.Find(given, out var problem) is not { } sandbox)
            {
                Diagnostics.Write(problem);
                return ExitStatus.Usage;
            }

            id = sandbox.Row.Id;
        }

        var isTerminal = StandardStreams.IsTerminal(1) && !isOnce;
        var before = new Dictionary<string, (TimeSpan Cpu, long At)>(StringComparer.Ordinal);
        _ = Measured(found, id, before);
        var shown = 0;
        for (var pause = s_first; ; pause = s_pause)
        {
            Thread.Sleep(pause);
            var rows = Measured(RunningSandboxes.Look(), id, before);
            if (id is not null && rows.Count == 0)
            {
                return ExitStatus.Ok;
            }

            string[] lines = [.. RunningTable.Usage(rows)];
            shown = isTerminal ? Redraw(lines, shown) : Print(lines, ref shown);
            if (isOnce || StandardStreams.OutputFailed)
            {
                return ExitStatus.Ok;
            }
        }
    }

    // The heading once.
    private static int Print(string[] lines, ref int shown)
    {
        var rest = lines[(shown == 0 ? 0 : 1)..];
        if (rest.Length > 0)
        {
            StandardStreams.WriteOutput(string.Join('\n', rest));
        }

        return 1;
    }

    // Over the table before: up to its first line, and everything from there on away. A line that is too long would take two.
    private static int Redraw(string[] lines, int before)
    {
        var columns = TerminalDevice.WindowOf(s_output)?.Columns ?? UsualColumns;
        var text = new StringBuilder();
        if (before > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\u001b[{before}A");
        }

        text.Append("\u001b[J");
        foreach (var line in lines)
        {
            text.Append(line.Length > columns ? line[..columns] : line).Append('\n');
        }

        StandardStreams.WriteOutput(Encoding.UTF8.GetBytes(text.ToString()).AsSpan());
        return lines.Length;
    }

    private static List<(SandboxRow Row, double? Cpus)> Measured(RunningSandboxes found, string? id, Dictionary<string, (TimeSpan Cpu, long At)> before)
    {
        var now = TimeProvider.System.GetTimestamp();
        var rows = new List<(SandboxRow Row, double? Cpus)>();
        foreach (var sandbox in found.All.Where(sandbox => sandbox is { Host: not null, Row: { Id: not null, State: not RowState.Queued } } && (id is null || sandbox.Row.Id == id)))
        {
            double? cpus = null;
            if (sandbox.Row.Cpu is { } cpu)
            {
                if (before.TryGetValue(sandbox.Row.Id!, out var last) && TimeProvider.System.GetElapsedTime(last.At, now) is { TotalSeconds: > 0 } time)
                {
                    cpus = Math.Max(0, (cpu - last.Cpu) / time);
                }

                before[sandbox.Row.Id!] = (cpu, now);
            }

            rows.Add((sandbox.Row, cpus));
        }

        return rows;
    }
}
