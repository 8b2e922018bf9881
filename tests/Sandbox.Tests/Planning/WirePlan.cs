using System.Buffers.Binary;
using System.Text;

namespace Sandbox.Tests.Planning;

/// <summary>Reads the bytes of a plan as native/launcher/plan.h lays them out, sharing nothing with the writer.</summary>
internal sealed class WirePlan(byte[] bytes)
{
    public ulong Magic => Long(0);

    public uint Version => Word(8);

    public uint Size => Word(12);

    public uint Flags => Word(16);

    public int StepCount => (int)Word(20);

    public int StepOffset => (int)Word(24);

    public int TextOffset => (int)Word(28);

    public int TextSize => (int)Word(32);

    public int BlobOffset => (int)Word(36);

    public int BlobSize => (int)Word(40);

    public uint ExtraDescriptors => Word(44);

    public ulong Namespaces => Long(48);

    public ulong WallNanoseconds => Long(56);

    public ulong SetupNanoseconds => Long(64);

    public uint HostUid => Word(72);

    public uint HostGid => Word(76);

    public ReadOnlySpan<byte> Text => bytes.AsSpan(TextOffset, TextSize);

    public ushort Kind(int step) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(At(step)));

    public ushort Phase(int step) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(At(step) + 2));

    public uint StepFlags(int step) => Word(At(step) + 4);

    public uint OffsetA(int step) => Word(At(step) + 8);

    public uint OffsetB(int step) => Word(At(step) + 12);

    public int Descriptor(int step) => (int)Word(At(step) + 16);

    public uint Reserved(int step) => Word(At(step) + 20);

    public ulong Value(int step, int index) => Long(At(step) + 24 + (8 * index));

    /// <summary>Words from an offset of the text on.</summary>
    public string[] Words(uint offset, ulong count)
    {
        var words = new string[count];
        var rest = Text[(int)offset..];
        for (var index = 0; index < words.Length; index++)
        {
            var end = rest.IndexOf((byte)0);
            words[index] = Encoding.UTF8.GetString(rest[..end]);
            rest = rest[(end + 1)..];
        }

        return words;
    }

    public string A(int step) => Words(OffsetA(step), 1)[0];

    public string B(int step) => Words(OffsetB(step), 1)[0];

    public byte[] Blob(ulong offset, ulong size) => bytes.AsSpan(BlobOffset + (int)offset, (int)size).ToArray();

    private int At(int step) => StepOffset + (56 * step);

    private uint Word(int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));

    private ulong Long(int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
}
