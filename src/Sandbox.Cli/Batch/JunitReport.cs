using System.Globalization;
using System.Text;
using System.Xml;

namespace Sandbox.Cli.Batch;

/// <summary>
/// The report of <c>--junit</c>, as CI systems read it. Its first element counts what follows, so the cases wait in a file without a name until the end; none is kept
/// in memory.
/// </summary>
internal sealed class JunitReport : IDisposable
{
    private static readonly XmlWriterSettings s_case = new() { ConformanceLevel = ConformanceLevel.Fragment, OmitXmlDeclaration = true, Indent = true, CloseOutput = false };

    private readonly Stream _file;
    private readonly FileStream _cases;
    private readonly StreamWriter _text;
    private readonly XmlWriter _xml;
    private int _tests;
    private int _failures;
    private int _errors;

    /// <summary>Begins the report.</summary>
    /// <param name="file">Written at the end; disposed of with this.</param>
    public JunitReport(Stream file)
    {
        _file = file;
        var name = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        _cases = new FileStream(name, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });

        // At once, so that a kill leaves nothing behind.
        File.Delete(name);
        _text = new(_cases, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        _xml = XmlWriter.Create(_text, s_case);
    }

    /// <summary>Adds a case.</summary>
    public void Add(BatchRow row)
    {
        _tests++;
        _xml.WriteStartElement("testcase");
        _xml.WriteAttributeString("name", Clean(row.Name.Length > 0 ? row.Name : row.Input));
        _xml.WriteAttributeString("classname", Clean(row.Input));
        _xml.WriteAttributeString("time", Seconds(TimeSpan.FromMilliseconds(row.WallMs)));
        if (row.Points is { } points)
        {
            WritePoints(points, row.Groups);
        }

        if (row.Status != ExitStatus.Ok)
        {
            WriteFailure(row);
        }

        _xml.WriteEndElement();
    }

    /// <summary>Writes the report.</summary>
    /// <param name="time">How long the batch took.</param>
    public void Finish(TimeSpan time)
    {
        _xml.Flush();
        _text.Flush();
        _cases.Position = 0;
        using var cases = new StreamReader(_cases, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, leaveOpen: true);
        using var report = XmlWriter.Create(_file, new() { Indent = true, Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false) });
        report.WriteStartElement("testsuites");
        report.WriteStartElement("testsuite");
        report.WriteAttributeString("name", "sandbox batch");
        report.WriteAttributeString("tests", Number(_tests));
        report.WriteAttributeString("failures", Number(_failures));
        report.WriteAttributeString("errors", Number(_errors));
        report.WriteAttributeString("time", Seconds(time));
        var piece = new char[32 << 10];
        report.WriteRaw("\n");
        while (cases.Read(piece) is > 0 and var count)
        {
            report.WriteRaw(piece, 0, count);
        }

        report.WriteRaw("\n");
        report.WriteEndElement();
        report.WriteEndElement();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _xml.Dispose();
        _text.Dispose();
        _file.Dispose();
    }

    /// <summary>Text without what XML 1.0 cannot hold ("Characters", 2.2): most control characters, halves of pairs.</summary>
    internal static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length; at++)
        {
            if (at + 1 < text.Length && XmlConvert.IsXmlSurrogatePair(text[at + 1], text[at]))
            {
                clean.Append(text, at++, 2);
                continue;
            }

            clean.Append(XmlConvert.IsXmlChar(text[at]) ? text[at] : '\ufffd');
        }

        return clean.ToString();
    }

    private void WritePoints(PointsRow all, IEnumerable<(string Name, PointsRow Points)> groups)
    {
        _xml.WriteStartElement("properties");
        foreach (var (name, points) in groups.Select(static group => ($"points.{group.Name}", group.Points)).Prepend(("points", all)))
        {
            WriteProperty(name, points.Reached);
            WriteProperty("max" + char.ToUpperInvariant(name[0]) + name[1..], points.Of);
        }

        _xml.WriteEndElement();
    }

    private void WriteProperty(string name, double value)
    {
        _xml.WriteStartElement("property");
        _xml.WriteAttributeString("name", name);
        _xml.WriteAttributeString("value", value.ToString(CultureInfo.InvariantCulture));
        _xml.WriteEndElement();
    }

    private void WriteFailure(BatchRow row)
    {
        // The job is to blame for a failure, and not for an error.
        var isFailure = row.IsFinal;
        _failures += isFailure ? 1 : 0;
        _errors += isFailure ? 0 : 1;
        _xml.WriteStartElement(isFailure ? "failure" : "error");
        _xml.WriteAttributeString("type", row.Verdict);
        _xml.WriteAttributeString("message", Clean(row.Message));
        _xml.WriteEndElement();
        WriteStream("system-out", row.Stdout);
        WriteStream("system-err", row.Stderr);
    }

    private void WriteStream(string element, string text)
    {
        if (text.Length > 0)
        {
            _xml.WriteElementString(element, Clean(text));
        }
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);
}
