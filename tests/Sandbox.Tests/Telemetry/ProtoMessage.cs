using System.Buffers.Binary;
using System.Text;

namespace Sandbox.Tests.Telemetry;

/// <summary>A protobuf message read by its wire format alone, so that the test shares no code with the exporter.</summary>
internal sealed class ProtoMessage
{
    private readonly List<(int Number, ulong Scalar, byte[] Bytes)> _fields = [];

    public ProtoMessage(byte[] bytes)
    {
        var at = 0;
        while (at < bytes.Length)
        {
            var key = Varint(bytes, ref at);
            _fields.Add(Field((int)(key >> 3), (int)(key & 7), bytes, ref at));
        }
    }

    public IEnumerable<ProtoMessage> Messages(int number) =>
        _fields.Where(field => field.Number == number).Select(field => new ProtoMessage(field.Bytes));

    public ProtoMessage? Message(int number) => Messages(number).SingleOrDefault();

    public bool Has(int number) => _fields.Exists(field => field.Number == number);

    public byte[] Bytes(int number) => _fields.Where(field => field.Number == number).Select(field => field.Bytes).LastOrDefault([]);

    public string Text(int number) => Encoding.UTF8.GetString(Bytes(number));

    public string Hex(int number) => Convert.ToHexStringLower(Bytes(number));

    public long Integer(int number) => (long)_fields.Where(field => field.Number == number).Select(field => field.Scalar).LastOrDefault();

    public double Double(int number) => BitConverter.Int64BitsToDouble(Integer(number));

    public double[] PackedDoubles(int number)
    {
        var bytes = Bytes(number);
        return [.. Enumerable.Range(0, bytes.Length / 8).Select(i => BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(i * 8)))];
    }

    private static (int Number, ulong Scalar, byte[] Bytes) Field(int number, int wireType, byte[] bytes, ref int at)
    {
        switch (wireType)
        {
            case 0:
                return (number, Varint(bytes, ref at), []);
            case 1:
                at += 8;
                return (number, BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at - 8)), []);
            case 2:
                var length = (int)Varint(bytes, ref at);
                at += length;
                return (number, 0, bytes[(at - length)..at]);
            case 5:
                at += 4;
                return (number, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at - 4)), []);
            default:
                throw new InvalidDataException($"wire type {wireType}");
        }
    }

    private static ulong Varint(byte[] bytes, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = bytes[at++];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }
    }
}
