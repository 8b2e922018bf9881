using System.Buffers.Binary;
using System.Text;

namespace Sandbox.Resources.Networks;

// Lengths, types and flags are in the byte order of the machine; netfilter's own numbers are in that of the network.

/// <summary>Messages to the kernel (netlink(7)), one after the other, with the attributes that are in them.</summary>
internal sealed class NetlinkBatch
{
    public const ushort Request = 1;
    public const ushort Acknowledge = 4;
    public const ushort Replace = 0x100;
    public const ushort Exclusive = 0x200;
    public const ushort Create = 0x400;
    public const ushort Append = 0x800;

    private const ushort Nested = 0x8000;

    private readonly List<byte> _bytes = [];
    private int _message;
    private uint _sequence;

    /// <summary>All of them.</summary>
    public byte[] ToArray() => [.. _bytes];

    /// <summary>Begins a message, which ends where the next one begins.</summary>
    public NetlinkBatch Message(ushort type, ushort flags, ReadOnlySpan<byte> header)
    {
        _message = _bytes.Count;
        Span<byte> start = stackalloc byte[16];
        BinaryPrimitives.WriteUInt16LittleEndian(start[4..], type);
        BinaryPrimitives.WriteUInt16LittleEndian(start[6..], (ushort)(Request | flags));
        BinaryPrimitives.WriteUInt32LittleEndian(start[8..], ++_sequence);
        Add(start);
        Add(header);
        return Closed();
    }

    /// <summary>Bytes that are no attribute: a header within one.</summary>
    public NetlinkBatch Raw(ReadOnlySpan<byte> bytes)
    {
        Add(bytes);
        return Closed();
    }

    /// <summary>An attribute of bytes.</summary>
    public NetlinkBatch Bytes(ushort type, ReadOnlySpan<byte> value)
    {
        Span<byte> start = stackalloc byte[4];
        BinaryPrimitives.WriteUInt16LittleEndian(start, (ushort)(4 + value.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(start[2..], type);
        Add(start);
        Add(value);
        return Closed();
    }

    /// <summary>An attribute that is a number of 32 bits of the machine.</summary>
    public NetlinkBatch Number(ushort type, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Bytes(type, bytes);
    }

    /// <summary>An attribute that is a number of 32 bits of the network.</summary>
    public NetlinkBatch NetNumber(ushort type, int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return Bytes(type, bytes);
    }

    /// <summary>An attribute that is a number of 64 bits of the network.</summary>
    public NetlinkBatch NetLong(ushort type, long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return Bytes(type, bytes);
    }

    /// <summary>An attribute that is a word.</summary>
    public NetlinkBatch Word(ushort type, string value) => Bytes(type, Encoding.ASCII.GetBytes(value + "\0"));

    /// <summary>An attribute with others in it.</summary>
    public NetlinkBatch Nest(ushort type, Action<NetlinkBatch> content)
    {
        var at = _bytes.Count;
        _ = Bytes((ushort)(Nested | type), []);
        content(this);
        SetLength(at, 2, _bytes.Count - at);
        return Closed();
    }

    // Each message and attribute begins at a multiple of 4.
    private void Add(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        while (_bytes.Count % 4 != 0)
        {
            _bytes.Add(0);
        }
    }

    private NetlinkBatch Closed()
    {
        SetLength(_message, 4, _bytes.Count - _message);
        return this;
    }

    private void SetLength(int at, int width, int length)
    {
        for (var index = 0; index < width; index++)
        {
            _bytes[at + index] = (byte)(length >> (8 * index));
        }
    }
}
