using System.Buffers.Binary;

namespace Sandbox.Tests.Limits;

/// <summary>Answers of sock_diag(7), byte by byte.</summary>
internal static class NetlinkMessage
{
    public const int StreamType = 1, DatagramType = 2, PacketType = 5;
    public const int Established = 1, Listening = 10;

    public static byte[] Unix(int type, uint sent = 0, uint unread = 0, uint? peer = null, bool named = false, int state = Established)
    {
        byte[] body = [1, (byte)type, (byte)state, .. new byte[13]];
        byte[] name = named ? Attribute(0, "\0name"u8) : [];
        byte[] other = peer is { } inode ? Attribute(2, Words(inode)) : [];
        return Framed(20, [.. body, .. name, .. other, .. Attribute(4, Words(unread, 0)), .. Attribute(5, Memory(0, sent, 0))]);
    }

    public static byte[] Inet(uint received, uint sent, uint queued) =>
        Framed(20, [2, Established, .. new byte[70], .. Attribute(7, Memory(received, sent, queued))]);

    public static byte[] Netlink(uint port, uint received) =>
        Framed(20, [16, .. new byte[3], .. Words(port), .. new byte[20], .. Attribute(0, Memory(received, 0, 0))]);

    public static byte[] Done() => Framed(3, Words(0));

    public static byte[] Error(int errno) => Framed(2, [.. Words((uint)-errno), .. new byte[16]]);

    public static byte[] Framed(int type, ReadOnlySpan<byte> body)
    {
        byte[] message = [.. Words((uint)(16 + body.Length)), (byte)type, 0, .. new byte[10], .. body];
        return Padded(message);
    }

    private static byte[] Memory(uint received, uint sent, uint queued) => Words(received, 212992, sent, 212992, 4096, queued, 0, 0, 0);

    private static byte[] Attribute(int type, ReadOnlySpan<byte> value) => Padded([(byte)(4 + value.Length), 0, (byte)type, 0, .. value]);

    private static byte[] Padded(byte[] bytes) => [.. bytes, .. new byte[-bytes.Length & 3]];

    private static byte[] Words(params ReadOnlySpan<uint> words)
    {
        var bytes = new byte[words.Length * sizeof(uint)];
        for (var i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * sizeof(uint)), words[i]);
        }

        return bytes;
    }
}
