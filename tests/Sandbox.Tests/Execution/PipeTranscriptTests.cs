using System.Text;
using Sandbox.Execution.Streams;
using Xunit;

namespace Sandbox.Tests.Execution;

/// <summary>What is kept of a pipe.</summary>
public sealed class PipeTranscriptTests
{
    private readonly TranscriptClock _clock = new();

    [Fact]
    public void An_answer_parts_what_is_said_before_and_after_it()
    {
        var (one, other) = (new PipeTranscript(1000, _clock), new PipeTranscript(1000, _clock));

        one.Add("a"u8);
        other.Add("b"u8);
        one.Add("c"u8);

        Assert.Equal(["a", "c"], Said(one));
        Assert.Equal(["b"], Said(other));
    }

    [Fact]
    public void No_more_is_kept_than_its_size_with_what_each_piece_costs()
    {
        var transcript = new PipeTranscript(100, _clock);

        transcript.Add(new byte[500]);

        Assert.Equal((68L, false), (transcript.Kept, transcript.HasRoom));
    }

    [Fact]
    public void A_flood_of_single_bytes_from_two_sides_comes_to_an_end()
    {
        var (one, other) = (new PipeTranscript(1000, _clock), new PipeTranscript(1000, _clock));
        for (var count = 0; count < 1000; count++)
        {
            one.Add("a"u8);
            other.Add("b"u8);
        }

        Assert.InRange(one.Pieces.Count, 1, 1000 / 33);
        Assert.False(one.HasRoom || other.HasRoom);
    }

    [Fact]
    public void One_that_keeps_nothing_is_empty()
    {
        var transcript = new PipeTranscript(32, _clock);

        transcript.Add("a"u8);

        Assert.Empty(transcript.Pieces);
    }

    private static IEnumerable<string> Said(PipeTranscript transcript) => transcript.Pieces.Select(piece => Encoding.UTF8.GetString(piece.Content.Span));
}
