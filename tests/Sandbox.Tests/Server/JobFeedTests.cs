using System.Text;
using Sandbox.Server.Jobs;
using Xunit;

namespace Sandbox.Tests.Server;

public sealed class JobFeedTests
{
    private readonly HandSetClock _clock = new();

    [Fact]
    public async Task Readers_get_everything_in_order_and_then_the_end()
    {
        var feed = Feed(10_000);
        feed.Note(FeedKind.State, "running");
        feed.Write(1, "one"u8);
        feed.Write(2, "two"u8);
        feed.Write(1, "three"u8);
        feed.Complete();

        var batch = await new FeedReader(feed, 0).NextAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["1 State running 0", "2 Stdout one 0", "3 Stderr two 0", "4 Stdout three 3"], batch.Entries.Select(Text));
        Assert.True(batch.IsOver);
        Assert.Null(batch.Gap);
    }

    [Fact]
    public async Task A_reader_goes_on_after_what_it_has()
    {
        var feed = Feed(10_000);
        feed.Write(1, "one"u8);
        feed.Write(1, "two"u8);

        var batch = await new FeedReader(feed, 1).NextAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["2 Stdout two 3"], batch.Entries.Select(Text));
        Assert.False(batch.IsOver);
    }

    [Fact]
    public async Task What_was_dropped_is_told_once_and_exactly_and_notes_are_kept()
    {
        var feed = Feed(2 * (JobFeed.Overhead + 1));
        feed.Write(1, "a"u8);
        feed.Note(FeedKind.Phase, "started", default);
        feed.Write(2, "b"u8);
        feed.Write(1, "c"u8);
        feed.Write(1, "d"u8);
        var reader = new FeedReader(feed, 0);

        var first = await reader.NextAsync(TestContext.Current.CancellationToken);
        feed.Write(1, "e"u8);
        var second = await reader.NextAsync(TestContext.Current.CancellationToken);

        Assert.Equal(new FeedGap(1, 1), first.Gap);
        Assert.Equal(["2 Phase started 0", "4 Stdout c 1", "5 Stdout d 2"], first.Entries.Select(Text));
        Assert.Null(second.Gap);
        Assert.Equal(["6 Stdout e 3"], second.Entries.Select(Text));
    }

    [Fact]
    public void Single_bytes_do_not_take_more_than_the_bound()
    {
        var feed = Feed(10_000);

        for (var number = 0; number < 100_000; number++)
        {
            feed.Write(1, "a"u8);
        }

        Assert.InRange(feed.KeptBytes, 1, 10_000);
    }

    [Fact]
    public async Task A_piece_larger_than_the_bound_is_a_gap_and_not_an_error()
    {
        var feed = Feed(1000);

        feed.Write(1, new byte[2000]);
        feed.Complete();
        var batch = await new FeedReader(feed, 0).NextAsync(TestContext.Current.CancellationToken);

        Assert.Equal(new FeedGap(2000, 0), batch.Gap);
        Assert.True(batch.IsOver);
        Assert.Equal(0, feed.KeptBytes);
    }

    [Fact]
    public async Task Every_byte_reaches_readers_that_wait_or_is_told_as_a_gap()
    {
        var feed = Feed(20_000);
        var readers = Enumerable.Range(0, 20).Select(_ => CountAsync(new(feed, 0))).ToList();

        for (var number = 0; number < 20_000; number++)
        {
            feed.Write(1, "abc"u8);
        }

        feed.Complete();

        Assert.All(await Task.WhenAll(readers), static end => Assert.Equal(60_000, end));
    }

    private static async Task<long> CountAsync(FeedReader reader)
    {
        for (var at = 0L; ;)
        {
            var batch = await reader.NextAsync(TestContext.Current.CancellationToken);
            at = Math.Max(at, batch.Gap?.Stdout ?? 0);
            foreach (var entry in batch.Entries)
            {
                // What is read follows what was read or told.
                Assert.Equal(at, entry.Offset);
                at += entry.Bytes.Length;
            }

            if (batch.IsOver)
            {
                return at;
            }
        }
    }

    private JobFeed Feed(int bytes) => new(bytes, _clock);

    private static string Text(FeedEntry entry) => $"{entry.Id} {entry.Kind} {entry.Word}{Encoding.UTF8.GetString(entry.Bytes.Span)} {entry.Offset}";
}
