using Sandbox.Resources.Limits;
using Xunit;
using static Sandbox.Tests.Limits.NetlinkMessage;

namespace Sandbox.Tests.Limits;

public sealed class SocketTallyTests
{
    private const long SendBuffer = 8 << 20;

    [Fact]
    public void A_local_socket_counts_what_it_sent()
    {
        var tally = Tally(Unix(StreamType, sent: 5000, peer: 7, named: true), Unix(StreamType, unread: 4000, peer: 8));

        Assert.Equal((5000, 2, 0), (tally.Bytes, tally.Listed, tally.Left));
    }

    [Fact]
    public void Tcp_counts_what_it_received_and_what_it_keeps_to_send_again()
    {
        var tally = Tally(Inet(received: 100, sent: 20, queued: 3000), Inet(received: 0, sent: 50, queued: 0));

        Assert.Equal((3150, 2), (tally.Bytes, tally.Listed));
    }

    [Fact]
    public void The_kernels_own_netlink_sockets_are_nobodys()
    {
        var tally = Tally(Netlink(port: 0, received: 9), Netlink(port: 4, received: 100));

        Assert.Equal((100, 1), (tally.Bytes, tally.Listed));
    }

    [Fact]
    public void What_a_closed_sender_left_in_a_stream_counts_as_its_bytes()
    {
        var tally = Tally(Unix(StreamType, unread: 100, peer: 0), Unix(StreamType, unread: 0, peer: 0));

        Assert.Equal((100, 1, 100), (tally.Left, tally.LeftStreams, Total(tally, used: 4)));
    }

    [Fact]
    public void Many_small_messages_of_closed_senders_count_as_what_they_can_take()
    {
        var tally = Tally([.. Enumerable.Range(0, 10).Select(_ => Unix(StreamType, unread: 20000, peer: 0))]);

        Assert.InRange(Total(tally, used: 21), 60 << 20, 80 << 20);
    }

    [Theory]
    [InlineData(StreamType, Listening, 100u, false, null)]
    [InlineData(DatagramType, 7, 0u, true, null)]
    [InlineData(PacketType, Established, 0u, false, 0u)]
    [InlineData(DatagramType, 7, 0u, false, 0u)]
    public void Where_no_length_tells_closed_senders_beyond_a_few_count_at_their_most(int type, int state, uint unread, bool named, uint? peer)
    {
        var tally = Tally([.. Enumerable.Range(0, 20).Select(_ => Unix(type, unread: unread, peer: peer, named: named, state: state))]);
        var listed = 1 + tally.Listed + tally.Waiting;

        Assert.Equal((0, 0, 2 * SendBuffer), (Total(tally, listed), Total(tally, listed + 16), Total(tally, listed + 18)));
    }

    [Fact]
    public void Sockets_that_are_not_listed_and_can_have_left_nothing_count_nothing() =>
        Assert.Equal(0, Total(Tally(Unix(StreamType, peer: 3), Unix(DatagramType)), used: 1000));

    [Fact]
    public void The_list_ends_with_the_message_that_says_so()
    {
        var tally = new SocketTally();

        Assert.False(tally.Add(Unix(StreamType), SendBuffer, out _));
        Assert.True(tally.Add(Done(), SendBuffer, out var error));
        Assert.Equal(0, error);
    }

    [Fact]
    public void A_refusal_ends_the_list_and_says_why()
    {
        var isEnd = new SocketTally().Add(Error(2), SendBuffer, out var error);

        Assert.Equal((true, -2), (isEnd, error));
    }

    [Fact]
    public void A_message_cut_anywhere_is_read_as_far_as_it_goes()
    {
        byte[] whole = [.. Unix(StreamType, sent: 1, peer: 5, named: true), .. Inet(1, 0, 0), .. Netlink(4, 1), .. Done()];
        for (var length = 0; length < whole.Length; length++)
        {
            var tally = new SocketTally();

            Assert.False(tally.Add(whole.AsSpan(0, length), SendBuffer, out _));
            Assert.InRange(tally.Bytes, 0, 3);
        }
    }

    [Fact]
    public void Wrong_lengths_end_the_reading()
    {
        var random = new Random(1);
        for (var round = 0; round < 2000; round++)
        {
            byte[] bytes = [.. Unix(StreamType, sent: 1, peer: 5, named: true), .. Inet(1, 0, 0), .. Netlink(4, 1)];
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var tally = new SocketTally();

            tally.Add(bytes, SendBuffer, out _);

            Assert.InRange(tally.Listed, 0, 3);
        }
    }

    private static SocketTally Tally(params byte[][] messages)
    {
        var tally = new SocketTally();
        tally.Add([.. messages.SelectMany(message => message)], SendBuffer, out _);
        return tally;
    }

    private static long Total(SocketTally tally, int used) => SocketBuffers.Total(tally, used, SendBuffer);
}
