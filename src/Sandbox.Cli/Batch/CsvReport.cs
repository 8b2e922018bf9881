using System.Globalization;
using System.Text;

namespace Sandbox.Cli.Batch;

/// <summary>
/// The table of <c>--csv</c> (RFC 4180). Names and messages came from jobs and from whoever handed them in, and spreadsheets take a cell that begins with
/// <c>= + - @</c> for a formula: such a cell gets an apostrophe in front, which they show as text.
/// </summary>
internal sealed class CsvReport : IDisposable
{
    private readonly StreamWriter _file;

    /// <summary>Begins the table.</summary>
    /// <param name="file">Written from its beginning; disposed of with this.</param>
    public CsvReport(Stream file)
    {
        _file = new(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        Write("index", "input", "name", "verdict", "exitCode", "signal", "cpuMs", "wallMs", "peakBytes", "message", "points", "maxPoints", "groups");
    }

    /// <summary>Adds a line.</summary>
    public void Add(BatchRow row) => Write(
        Number(row.Index), Cell(row.Input), Cell(row.Name), row.Verdict, row.ExitCode is { } code ? Number(code) : "", row.Signal ?? "",
        Number(row.CpuMs), Number(row.WallMs), Number(row.PeakBytes), Cell(row.Message),
        row.Points is { } points ? Number(points.Reached) : "", row.Points is { } most ? Number(most.Of) : "",
        Cell(string.Join(' ', row.Groups.Select(static group => $"{group.Name}={Number(group.Points.Reached)}/{Number(group.Points.Of)}"))));

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>A text as a cell that is a text to everybody.</summary>
    internal static string Cell(string text)
    {
        // No line end and no tab is left in it, which may begin a formula as well.
        var cell = DisplayText.Printable(text);
        if (cell.TrimStart() is ['=' or '+' or '-' or '@' or '\uff1d' or '\uff0b' or '\uff0d' or '\uff20', ..])
        {
            cell = "'" + cell;
        }

        return cell.AsSpan().IndexOfAny(",\"\r\n") >= 0 || cell.Trim() != cell ? $"\"{cell.Replace("\"", "\"\"")}\"" : cell;
    }

    private static string Number(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);

    private void Write(params ReadOnlySpan<string> cells)
    {
        _file.Write(string.Join(',', cells));
        _file.Write("\r\n");
    }
}
