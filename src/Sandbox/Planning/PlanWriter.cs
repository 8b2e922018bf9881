using System.Buffers.Binary;
using System.Text;

namespace Sandbox.Planning;

/// <summary>
/// The bytes of a plan as native/launcher/plan.h has them: a header, the steps, their words, then their
/// blobs, each at a multiple of 8. Offsets of words and blobs count from the start of their own area.
/// </summary>
internal sealed class PlanWriter
{
    /// <summary>The largest plan the launcher takes (plan.h, PLAN_MAX_BYTES).</summary>
    public const int MaxBytes = 64 << 20;

    private const ulong Magic = 0x314e414c50584253;
    private const uint Version = 15;
    private const int HeaderBytes = 80;
    private const int StepBytes = 56;
    private static readonly TimeSpan s_maxTime = TimeSpan.FromDays(36500);
    private static readonly UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly SandboxPlan _plan;
    private readonly StepFields[] _fields;
    private readonly int _textOffset;
    private readonly int _textBytes;
    private readonly int _blobOffset;
    private readonly int _blobBytes;

    private PlanWriter(SandboxPlan plan)
    {
        _plan = plan;
        _fields = new StepFields[plan.Steps.Count];
        _textBytes = 1;
        long blobs = 0;
        for (var index = 0; index < _fields.Length; index++)
        {
            ref readonly var fields = ref _fields[index];
            _fields[index] = plan.Steps[index].Fields;
            _textBytes += TextBytes(fields);
            blobs += Aligned(fields.Blob.Length);
        }

        _textOffset = HeaderBytes + (_fields.Length * StepBytes);
        _blobOffset = (int)Aligned(_textOffset + _textBytes);
        if (_blobOffset + blobs > MaxBytes)
        {
            throw TooLarge();
        }

        _blobBytes = (int)blobs;
    }

    /// <summary>The whole plan in one buffer of exactly its size.</summary>
    public static byte[] Write(SandboxPlan plan)
    {
        var writer = new PlanWriter(plan);
        var bytes = new byte[writer._blobOffset + writer._blobBytes];
        writer.WriteTo(bytes);
        return bytes;
    }

    private void WriteTo(Span<byte> bytes)
    {
        WriteHeader(bytes);
        var text = 1;
        var blob = 0;
        for (var index = 0; index < _fields.Length; index++)
        {
            WriteStep(bytes, index, ref text, ref blob);
        }
    }

    private void WriteHeader(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Magic);
        WriteWord(bytes, 8, Version);
        WriteWord(bytes, 12, (uint)bytes.Length);
        WriteWord(bytes, 16, (uint)_plan.Flags);
        WriteWord(bytes, 20, (uint)_fields.Length);
        WriteWord(bytes, 24, HeaderBytes);
        WriteWord(bytes, 28, (uint)_textOffset);
        WriteWord(bytes, 32, (uint)_textBytes);
        WriteWord(bytes, 36, (uint)_blobOffset);
        WriteWord(bytes, 40, (uint)_blobBytes);
        WriteWord(bytes, 44, (uint)(_plan.ExtraFiles.Count + _plan.CgroupDescriptors + _plan.UpperDescriptors + _plan.NetworkDescriptors + _plan.PipeDescriptors));
        WriteLong(bytes, 48, _plan.Namespaces);
        WriteLong(bytes, 56, Nanoseconds(_plan.WallTime ?? TimeSpan.Zero));
        WriteLong(bytes, 64, Nanoseconds(_plan.SetupTime));
        WriteWord(bytes, 72, _plan.HostUid);
        WriteWord(bytes, 76, _plan.HostGid);
    }

    private void WriteStep(Span<byte> bytes, int index, ref int text, ref int blob)
    {
        ref readonly var fields = ref _fields[index];
        var step = bytes.Slice(HeaderBytes + (index * StepBytes), StepBytes);
        Span<ulong> values = [fields.Value0, fields.Value1, fields.Value2, fields.Value3];
        BinaryPrimitives.WriteUInt16LittleEndian(step, (ushort)fields.Kind);
        BinaryPrimitives.WriteUInt16LittleEndian(step[2..], (ushort)_plan.Steps[index].Phase);
        WriteWord(step, 4, (uint)fields.Flags);
        WriteWord(step, 8, WriteWords(bytes, fields.WordsA, fields.A, values, 0, ref text));
        WriteWord(step, 12, WriteWords(bytes, fields.WordsB, fields.B, values, 1, ref text));
        WriteWord(step, 16, (uint)fields.Descriptor);
        if (fields.BlobValue >= 0)
        {
            values[fields.BlobValue] = (ulong)blob;
            values[fields.BlobValue + 1] = (ulong)fields.Blob.Length;
            fields.Blob.Span.CopyTo(bytes[(_blobOffset + blob)..]);
            blob += (int)Aligned(fields.Blob.Length);
        }

        for (var value = 0; value < values.Length; value++)
        {
            WriteLong(step, 24 + (8 * value), values[value]);
        }
    }

    private uint WriteWords(
        Span<byte> bytes, IReadOnlyList<string>? words, string single, Span<ulong> values, int countValue, ref int text)
    {
        if (words is null)
        {
            // Offset 0 is the NUL every text begins with: the empty word.
            return single.Length == 0 ? 0 : WriteText(bytes, single, ref text);
        }

        values[countValue] = (ulong)words.Count;
        var first = words.Count == 0 ? 0 : (uint)text;
        foreach (var word in words)
        {
            _ = WriteText(bytes, word, ref text);
        }

        return first;
    }

    private uint WriteText(Span<byte> bytes, string word, ref int text)
    {
        if (word.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("a word of the plan contains NUL, at which the kernel would cut it");
        }

        var offset = text;
        text += s_strictUtf8.GetBytes(word, bytes[(_textOffset + text)..]) + 1;
        return (uint)offset;
    }

    private static int TextBytes(in StepFields fields) =>
        WordsBytes(fields.WordsA, fields.A) + WordsBytes(fields.WordsB, fields.B);

    private static int WordsBytes(IReadOnlyList<string>? words, string single)
    {
        if (words is null)
        {
            return single.Length == 0 ? 0 : s_strictUtf8.GetByteCount(single) + 1;
        }

        var bytes = 0;
        foreach (var word in words)
        {
            bytes = checked(bytes + s_strictUtf8.GetByteCount(word) + 1);
        }

        return bytes;
    }

    private static void WriteWord(Span<byte> bytes, int at, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], value);

    private static void WriteLong(Span<byte> bytes, int at, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[at..], value);

    private static ulong Nanoseconds(TimeSpan time) =>
        (ulong)(time < s_maxTime ? time : s_maxTime).Ticks * TimeSpan.NanosecondsPerTick;

    private static long Aligned(long bytes) => (bytes + 7) & ~7L;

    private static InvalidJobException TooLarge() => new(
    [
        new JobProblem
        {
            Pointer = "/files",
            Message = "the files written in the job itself are too large together; name large ones by \"from\"",
        },
    ]);
}
