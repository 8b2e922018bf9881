using System.Text;
using Sandbox.Execution;
using Sandbox.Execution.Streams;
using Xunit;

namespace Sandbox.Tests.Execution;

public sealed class StreamListenerTests
{
    private const string Said = "touch: cannot touch '/x/a': Read-only file system";

    [Theory]
    [InlineData(Said)]
    [InlineData("open /x/a: read-only file system")]
    [InlineData("OSError: [Errno 30] Read-only file system: '/x/a'")]
    [InlineData("Error: EROFS: read-only file system, open '/x/a'")]
    [InlineData("Read-only file system (os error 30)")]
    public void The_line_is_heard_however_the_stream_is_cut(string line)
    {
        var bytes = Encoding.UTF8.GetBytes($"before\n{line}\nafter\n");
        for (var cut = 0; cut < bytes.Length; cut++)
        {
            var listener = new StreamListener();

            listener.Hear(this, bytes.AsSpan(0, cut));
            listener.Hear(this, bytes.AsSpan(cut));

            Assert.Contains(line, listener.Lines);
        }
    }

    [Fact]
    public void Streams_are_not_mixed_up()
    {
        var listener = new StreamListener();

        listener.Hear("out", "Read-only file"u8);
        listener.Hear("err", " system"u8);

        Assert.Empty(listener.Lines);
    }

    [Fact]
    public void A_flood_is_heard_a_few_times_and_kept_in_part()
    {
        var listener = new StreamListener();
        for (var count = 0; count < 1000; count++)
        {
            listener.Hear(this, Encoding.UTF8.GetBytes($"{new string('x', 5000)}{count} Read-only file system {new string('y', 5000)}\n"));
        }

        Assert.InRange(listener.Lines.Count, 1, 16);
        Assert.All(listener.Lines, line => Assert.True(line.Length < 1100));
    }
}
