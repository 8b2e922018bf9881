using System.Buffers.Binary;
using Sandbox.Host;

namespace Sandbox.Doctor;

/// <summary>Reads what <c>launcher doctor</c> wrote: struct doctor_record of native/launcher/doctor.h.</summary>
internal static class ProbeReader
{
    private const int RecordBytes = 16;

    /// <summary>The results; a record cut short by the launcher's end is left out, so its probe counts as not tried.</summary>
    public static IReadOnlyList<ProbeResult> Read(ReadOnlySpan<byte> records)
    {
        var results = new List<ProbeResult>(records.Length / RecordBytes);
        for (; records.Length >= RecordBytes; records = records[RecordBytes..])
        {
            // Written and read on the same machine; both supported architectures are little-endian.
            results.Add(new ProbeResult
            {
                Probe = (HostProbe)BinaryPrimitives.ReadUInt32LittleEndian(records),
                Error = BinaryPrimitives.ReadInt32LittleEndian(records[4..]),
                Value = BinaryPrimitives.ReadUInt64LittleEndian(records[8..]),
            });
        }

        return results;
    }
}
