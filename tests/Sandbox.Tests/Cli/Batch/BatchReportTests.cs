using System.Text;
using System.Xml.Linq;
using Sandbox.Cli.Batch;
using Xunit;

namespace Sandbox.Tests.Cli.Batch;

public sealed class BatchReportTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("a\"b", "\"a\"\"b\"")]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData(" =1", "' =1")]
    [InlineData(" a ", "\" a \"")]
    [InlineData("＝1", "'＝1")]
    [InlineData("=HYPERLINK(\"http://x\",1)", "\"'=HYPERLINK(\"\"http://x\"\",1)\"")]
    [InlineData("a=1", "a=1")]
    public void A_cell_is_a_text_and_no_formula(string text, string expected) => Assert.Equal(expected, CsvReport.Cell(text));

    [Theory]
    [InlineData("\n")]
    [InlineData("\r")]
    [InlineData("\t")]
    [InlineData("\0")]
    [InlineData("\u001b")]
    [InlineData("\u202e")]
    public void No_control_character_reaches_a_cell(string letter)
    {
        var cell = CsvReport.Cell($"a{letter}b");

        Assert.DoesNotContain(letter, cell, StringComparison.Ordinal);
        Assert.Contains('\\', cell);
    }

    [Fact]
    public void A_table_has_a_line_for_each_job()
    {
        var file = new MemoryStream();

        using (var report = new CsvReport(file))
        {
            report.Add(BatchResults.Row("one, two"));
        }

        string[] expected = ["index,input,name,verdict,exitCode,signal,cpuMs,wallMs,peakBytes,message,points,maxPoints,groups", "0,jobs.jsonl:1,\"one, two\",ok,,,0,0,0,exited with code 0,,,", ""];
        Assert.Equal(string.Join("\r\n", expected), Encoding.UTF8.GetString(file.ToArray()));
    }

    [Fact]
    public void Points_are_in_the_table_and_the_report()
    {
        var row = BatchResults.Row("ada") with { Points = new(42.5, 100), Groups = [("tests/small", new(40, 40)), ("tests/large", new(2.5, 60))] };
        var file = new MemoryStream();
        using (var table = new CsvReport(file))
        {
            table.Add(row);
        }

        var properties = Report(row).Element("testcase")!.Element("properties")!.Elements().Select(property => $"{Value(property, "name")} {Value(property, "value")}");

        Assert.EndsWith(",42.5,100,tests/small=40/40 tests/large=2.5/60\r\n", Encoding.UTF8.GetString(file.ToArray()), StringComparison.Ordinal);
        Assert.Equal(["points 42.5", "maxPoints 100", "points.tests/small 40", "maxPoints.tests/small 40", "points.tests/large 2.5", "maxPoints.tests/large 60"], properties);
    }

    [Fact]
    public void A_report_counts_what_is_in_it()
    {
        var suite = Report(
            BatchResults.Row("right"),
            BatchResults.Row("wrong", "exited with code 1", "exit-code", "0 <> 1"),
            BatchResults.Row("lost", "no", "internal-error"),
            BatchResults.Row("ended", "no", "cancelled"),
            BatchResults.Row("odd", "no", "invalid-job"));

        Assert.Equal(("5", "1", "3"), (Value(suite, "tests"), Value(suite, "failures"), Value(suite, "errors")));
        var wrong = suite.Elements("testcase").Single(test => Value(test, "name") == "wrong");
        Assert.Equal("exited with code 1", Value(wrong.Element("failure")!, "message"));
        Assert.Equal("0 <> 1", wrong.Element("system-out")!.Value);
        Assert.Empty(suite.Elements("testcase").First().Elements());
    }

    [Fact]
    public void A_report_without_jobs_is_one() => Assert.Equal("0", Value(Report(), "tests"));

    [Theory]
    [InlineData("\0\u0001\u001b[2J", "\ufffd\ufffd\ufffd[2J")]
    [InlineData("\ufffe\uffff", "\ufffd\ufffd")]
    [InlineData("😀 ]]> <b>&amp;\t", "😀 ]]> <b>&amp;\t")]
    public void What_xml_cannot_hold_is_replaced_and_the_rest_is_kept(string text, string expected)
    {
        var suite = Report(BatchResults.Row(text, text, "exit-code", text));

        var test = suite.Element("testcase")!;
        Assert.Equal(expected, Value(test, "name"));
        Assert.Equal(expected, Value(test.Element("failure")!, "message"));
        Assert.Equal(expected, test.Element("system-out")!.Value);
    }

    // No attribute can hold such a string: it is no UTF-8.
    [Fact]
    public void Half_a_pair_is_replaced() => Assert.Equal("\ufffdx\ufffd😀", JunitReport.Clean("\ud800x\udc00😀"));

    private static XElement Report(params BatchRow[] rows)
    {
        var file = new MemoryStream();
        using (var report = new JunitReport(file))
        {
            foreach (var row in rows)
            {
                report.Add(row);
            }

            report.Finish(TimeSpan.FromSeconds(1));
        }

        return XDocument.Parse(Encoding.UTF8.GetString(file.ToArray())).Root!.Element("testsuite")!;
    }

    private static string Value(XElement element, string attribute) => element.Attribute(attribute)!.Value;
}
