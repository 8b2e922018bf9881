using System.Text;
using Sandbox.Server.Jobs;
using Xunit;

namespace Sandbox.Tests.Server;

public sealed class ResultTextTests
{
    [Theory]
    [InlineData(0, false, 0, false)]
    [InlineData(100, true, 13, true)]
    [InlineData(200_000, false, 0, false)]
    [InlineData(200_000, true, 13, true)]
    public void It_is_what_is_written_to_a_stream(int captured, bool pretty, int before, bool withLineEnd)
    {
        var result = JobResult.NotRun("n", Verdict.Ok, "ended", null) with { Stdout = new() { Bytes = captured, Content = Encoding.UTF8.GetBytes(new string('\n', captured)) } };
        using var expected = new MemoryStream();
        ResultFile.Write(expected, result, pretty);

        var text = ResultText.Of(result, pretty, before, withLineEnd);

        Assert.Equal(new byte[before], text[..before]);
        Assert.Equal(Encoding.UTF8.GetString(expected.ToArray()) + (withLineEnd ? "\n" : ""), Encoding.UTF8.GetString(text[before..]));
    }

    [Fact]
    public void A_large_one_leaves_little_behind()
    {
        var result = JobResult.NotRun("n", Verdict.Ok, "ended", null) with { Stdout = new() { Bytes = 1 << 20, Content = Encoding.UTF8.GetBytes(new string('x', 1 << 20)) } };
        _ = ResultText.Of(result, pretty: false, before: 0, withLineEnd: false);
        var begin = GC.GetAllocatedBytesForCurrentThread();

        var text = ResultText.Of(result, pretty: false, before: 0, withLineEnd: false);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - begin, text.Length, text.Length + (256 << 10));
    }
}
