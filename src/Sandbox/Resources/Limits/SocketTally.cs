using System.Buffers.Binary;

namespace Sandbox.Resources.Limits;

// Who is charged for what is in flight differs by family (net/core/sock.c): a local socket's data is its sender's
// until it is read, TCP's is the receiver's and, until acknowledged, the sender's too. So the sum of what is received
// and what is sent or queued counts everything once, as long as the sender lives. A local sender that was closed is no
// longer listed, while its data waits on: the receiver then tells only bytes, not what the kernel spends around
// them, and of datagrams and connections not yet accepted nothing at all.

/// <summary>Sums up the answers to a <see cref="SocketQuery"/>.</summary>
internal struct SocketTally
{
    private const int NetlinkHeader = 16;
    private const int AttributeHeader = 4;
    private const byte Unix = 1, Inet = 2, Netlink = 16, Inet6 = 10;
    private const byte Stream = 1, Datagram = 2, Listening = 10;

    // A byte sent alone takes a whole buffer (SKB_TRUESIZE(1)); one that is half read is kept whole.
    private const long BytesPerByte = 768;
    private const long MaxBuffer = 68 << 10;

    // Messages that wait for one receiver, each perhaps from a sender of its own (net.unix.max_dgram_qlen, and one more).
    private const int DatagramsPerQueue = 11;

    /// <summary>Bytes charged to sockets that are listed.</summary>
    public long Bytes { get; private set; }

    /// <summary>Sockets listed.</summary>
    public int Listed { get; private set; }

    /// <summary>Connections not yet accepted: sockets that are not listed.</summary>
    public int Waiting { get; private set; }

    /// <summary>Bytes unread in streams whose sender is closed.</summary>
    public long Left { get; private set; }

    /// <summary>The most that these can take.</summary>
    public long LeftAtMost { get; private set; }

    /// <summary>Streams with such bytes.</summary>
    public int LeftStreams { get; private set; }

    /// <summary>Closed senders that may have left something where no length tells.</summary>
    public int Suspects { get; private set; }

    /// <summary>Adds one message of the kernel, which may hold many sockets.</summary>
    /// <param name="message">Netlink messages (netlink(7)); a truncated one is taken as far as it goes.</param>
    /// <param name="sendBuffer">The largest send buffer that a socket can have.</param>
    /// <param name="error">The negated errno of a refusal, else 0.</param>
    /// <returns>Whether this was the end.</returns>
    public bool Add(ReadOnlySpan<byte> message, long sendBuffer, out int error)
    {
        const ushort errorType = 2, done = 3;
        error = 0;
        while (message.Length >= NetlinkHeader)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(message);
            var type = BinaryPrimitives.ReadUInt16LittleEndian(message[4..]);
            if (length < NetlinkHeader || length > message.Length)
            {
                return false;
            }

            var body = message[NetlinkHeader..(int)length];
            if (type is errorType or done)
            {
                error = body.Length >= sizeof(int) ? BinaryPrimitives.ReadInt32LittleEndian(body) : 0;
                return true;
            }

            if (body.Length >= 4)
            {
                AddSocket(body, sendBuffer);
            }

            message = message[Math.Min(Aligned((int)length), message.Length)..];
        }

        return false;
    }

    private void AddSocket(ReadOnlySpan<byte> body, long sendBuffer)
    {
        // Sizes of unix_diag_msg, inet_diag_msg and netlink_diag_msg, and their attribute that holds the memory.
        var (fixedPart, memory) = body[0] switch
        {
            Unix => (16, 5),
            Inet or Inet6 => (72, 7),
            Netlink => (28, 0),
            _ => (int.MaxValue, 0),
        };
        if (body.Length < fixedPart || (body[0] == Netlink && IsOfKernel(body)))
        {
            return;
        }

        Listed++;
        var attributes = body[fixedPart..];
        Bytes += Memory(Attribute(attributes, memory));
        if (body[0] == Unix)
        {
            AddQueue(body[1], body[2], attributes, sendBuffer);
        }
    }

    private void AddQueue(byte type, byte state, ReadOnlySpan<byte> attributes, long sendBuffer)
    {
        const int name = 0, peer = 2, lengths = 4;
        var queue = Word(Attribute(attributes, lengths), 0);
        if (state == Listening)
        {
            Waiting += (int)Math.Min(queue, ushort.MaxValue);
            Suspects += (int)Math.Min(queue, ushort.MaxValue);
            return;
        }

        // Without a name, only the other end of the pair can have sent.
        if (type == Datagram && !Attribute(attributes, name).IsEmpty)
        {
            Suspects += DatagramsPerQueue;
            return;
        }

        // The other end is closed, or not yet accepted: its inode is gone.
        var other = Attribute(attributes, peer);
        if (other.IsEmpty || Word(other, 0) != 0)
        {
            return;
        }

        if (type != Stream)
        {
            Suspects++;
            return;
        }

        if (queue == 0)
        {
            return;
        }

        Left += queue;
        LeftAtMost += Math.Min((queue * BytesPerByte) + MaxBuffer, sendBuffer + MaxBuffer);
        LeftStreams++;
    }

    // sock_diag.h, SK_MEMINFO_*: what is received, what is sent, what TCP keeps to send again.
    private static long Memory(ReadOnlySpan<byte> words) => Word(words, 0) + Math.Max(Word(words, 2), Word(words, 5));

    private static bool IsOfKernel(ReadOnlySpan<byte> body) => BinaryPrimitives.ReadUInt32LittleEndian(body[4..]) == 0;

    private static long Word(ReadOnlySpan<byte> words, int index) =>
        words.Length >= (index + 1) * sizeof(uint) ? BinaryPrimitives.ReadUInt32LittleEndian(words[(index * sizeof(uint))..]) : 0;

    private static ReadOnlySpan<byte> Attribute(ReadOnlySpan<byte> attributes, int wanted)
    {
        while (attributes.Length >= AttributeHeader)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(attributes);
            if (length < AttributeHeader || length > attributes.Length)
            {
                return [];
            }

            if (BinaryPrimitives.ReadUInt16LittleEndian(attributes[2..]) == wanted)
            {
                return attributes[AttributeHeader..length];
            }

            attributes = attributes[Math.Min(Aligned(length), attributes.Length)..];
        }

        return [];
    }

    private static int Aligned(int length) => (length + 3) & ~3;
}
