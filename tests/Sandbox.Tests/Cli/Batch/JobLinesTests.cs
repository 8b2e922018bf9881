using System.Text;
using Sandbox.Cli.Batch;
using Xunit;

namespace Sandbox.Tests.Cli.Batch;

public sealed class JobLinesTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("a\nb\n", "1a 2b")]
    [InlineData("a\n\n \t\r\nb", "1a 4b")]
    [InlineData("\n\na", "3a")]
    [InlineData("a\r\nb\r\n", "1a\r 2b\r")]
    public void Blank_lines_count_and_are_no_jobs(string text, string expected) => Assert.Equal(expected, string.Join(' ', Lines(text, 100, 3)));

    [Fact]
    public void A_line_over_the_bound_is_told_and_the_next_is_whole()
    {
        var lines = Lines($"a\n{new string('x', 11)}\n{new string('y', 10)}\n", 10, 4);

        Assert.Equal(["1a", "2null", "3yyyyyyyyyy"], lines);
    }

    [Fact]
    public void Of_a_line_without_end_no_more_is_kept_than_a_job_may_have()
    {
        var left = 1 << 14;
        var before = GC.GetTotalAllocatedBytes(precise: true);

        var lines = JobLines.Read(
            piece =>
            {
                Array.Fill(piece, (byte)'x');
                return left-- > 0 ? piece.Length : 0;
            },
            1 << 20).ToList();

        Assert.Equal((1, null), Assert.Single(lines));
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 64 << 20); // of 1 GiB
    }

    private static List<string> Lines(string text, int maxBytes, int pieceBytes)
    {
        var rest = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return [.. JobLines.Read(piece => rest.Read(piece, 0, pieceBytes), maxBytes).Select(line => $"{line.Line}{(line.Text is null ? "null" : Encoding.UTF8.GetString(line.Text))}")];
    }
}
