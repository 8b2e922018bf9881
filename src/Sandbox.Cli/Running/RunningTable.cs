using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sandbox.Cli.Run;
using Sandbox.Running;

namespace Sandbox.Cli.Running;

/// <summary>The list of sandboxes, for people and for programs.</summary>
internal static class RunningTable
{
    private const int LongestCommand = 40;

    /// <summary>A heading, and a line for each.</summary>
    public static IEnumerable<string> Lines(IEnumerable<SandboxRow> rows, DateTimeOffset now) => Aligned(
        ["ID", "NAME", "STATE", "SINCE", "CPU", "MEMORY", "HOST", "COMMAND"],
        rows.Select(row => (string[])
        [
            Short(row.Id), row.Name is { } name ? DisplayText.Quote(name) : "-", StateOf(row), Time(now - (row.Ending?.At ?? row.StartedAt ?? row.CreatedAt)),
            row.Cpu is { } cpu ? Seconds(cpu) : "-", MemoryOf(row), HostOf(row), CommandOf(row),
        ]));

    /// <summary>What was used, of each that runs.</summary>
    /// <param name="rows">The sandboxes, each with the CPU time that it used since the last look, as a part of one CPU; null before the second look.</param>
    public static IEnumerable<string> Usage(IEnumerable<(SandboxRow Row, double? Cpus)> rows) => Aligned(
        ["ID", "NAME", "STATE", "CPUS", "CPU", "MEMORY", "PEAK", "LIMIT"],
        rows.Select(static one => (string[])
        [
            Short(one.Row.Id), one.Row.Name is { } name ? DisplayText.Quote(name) : "-", StateOf(one.Row),
            one.Cpus is { } cpus ? cpus.ToString("0.00", CultureInfo.InvariantCulture) : "-",
            one.Row.Cpu is { } cpu ? Seconds(cpu) : "-", MemoryOf(one.Row),
            one.Row.PeakMemoryBytes is { } peak ? DisplayText.Bytes(peak) : "-", one.Row.MemoryLimitBytes is { } limit ? DisplayText.Bytes(limit) : "none",
        ]));

    /// <summary>The same as one JSON array.</summary>
    public static void Write(IBufferWriter<byte> to, IEnumerable<SandboxRow> rows)
    {
        using (var json = new Utf8JsonWriter(to, new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartArray();
            foreach (var row in rows)
            {
                json.WriteStartObject();
                row.Write(json);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        to.Write("\n"u8);
    }

    /// <summary>The exit status of a sandbox that is over, as <c>sandbox run</c> has it.</summary>
    public static int StatusOf(RunEnding ending) => RunStatus.Of(JobResult.CancelledBeforeStart(null, ending.Message) with
    {
        Verdict = ending.Verdict,
        ExitCode = ending.ExitCode,
        Signal = ending.Signal,
        CommandNotFound = ending.CommandNotFound,
    }, interruption: 0);

    private static IEnumerable<string> Aligned(string[] heading, IEnumerable<string[]> cells)
    {
        var rows = cells.Prepend(heading).ToArray();
        var widths = Enumerable.Range(0, heading.Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        return rows.Select(row => string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }

    private static string Short(string? id) => id is null ? "-" : id.Length <= RunningSandboxes.ShortId ? id : id[^RunningSandboxes.ShortId..];

    private static string StateOf(SandboxRow row) => row switch
    {
        { State: RowState.Unknown } => "no answer",
        { State: RowState.Queued, Position: { } position } => string.Create(CultureInfo.InvariantCulture, $"queued ({position})"),
        { State: RowState.Exited, Ending: { } ending } => string.Create(CultureInfo.InvariantCulture, $"exited ({StatusOf(ending)})"),
        _ => row.State.ToString().ToLowerInvariant(),
    };

    private static string HostOf(SandboxRow row)
    {
        var host = row.HostPid is { } pid ? $"{row.Host} {pid}" : row.Host;
        return row.Tenant is { } tenant ? $"{host} for {DisplayText.Quote(tenant)}" : host;
    }

    private static string MemoryOf(SandboxRow row) => row.MemoryBytes is { } bytes ? DisplayText.Bytes(bytes) : "-";

    private static string CommandOf(SandboxRow row)
    {
        var words = string.Join(' ', row.Command.Select(DisplayText.Quote));
        return words.Length == 0 ? "-" : words.Length <= LongestCommand ? words : words[..(LongestCommand - 1)] + "…";
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");

    private static string Time(TimeSpan age) => age switch
    {
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, (int)age.TotalSeconds)} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalMinutes} min"),
        { TotalDays: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalHours} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalDays} d"),
    };
}
