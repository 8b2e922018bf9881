using System.Buffers.Binary;
using Sandbox.Interop;

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

/// <summary>What the kernel answered to one probe.</summary>
internal sealed record ProbeResult
{
    /// <summary>What was tried.</summary>
    public required HostProbe Probe { get; init; }

    /// <summary>0, an error number, or minus the signal that ended the probe.</summary>
    public required int Error { get; init; }

    /// <summary>The answer itself where there is one (Landlock: the ABI number), else 0.</summary>
    public ulong Value { get; init; }

    /// <summary>The error in words, such as <c>EPERM</c>; empty when it worked.</summary>
    public string ErrorName => Error switch
    {
        0 => "",
        > 0 => Errno.Name(Error),
        // A seccomp profile that kills is the one usual reason for a probe to die (SIGSYS).
        -31 => "SIGSYS",
        _ => $"signal {-Error}",
    };
}
