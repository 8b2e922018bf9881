using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sandbox.Interop;

/// <summary>One record of the launcher: <c>struct report</c> of native/launcher/plan.h, which names and explains the fields.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ReportRecord
{
    // The step of a Deadline: enum deadline.
    public const int DeadlineWall = 1;
    public const int DeadlineSetup = 2;
    public const int DeadlineAbandoned = 4;

    public ReportKind Kind;
    public int Step;
    public int Error;
    public uint Detail;
    public ulong Nanoseconds;
    public StampArray Stamps;
    public NamespaceArray Namespaces;
    public ulong Capabilities;
    public uint NoNewPrivs;
    public uint Securebits;
    public uint LandlockAbi;
    public uint DescriptorMask;
    public SkippedArray Skipped;
    public int Status;
    public uint Killed;
    public ulong UserMicroseconds;
    public ulong SystemMicroseconds;
    public ulong SetupUserMicroseconds;
    public ulong SetupSystemMicroseconds;
    public ulong MaxRssKib;
    public ulong WallNanoseconds;
    public ulong Reaped;
    public ulong ForcedSwitches;
    public ulong OwnCpuNanoseconds;
    public ulong OwnFileSize;
    public ulong Sent;
    public uint Call;
    public uint Arch;
    public int Pid;
    public uint SharedInodes;
    public ulong PlacedBytes;
    public ulong Lookups;
    public ulong VoluntarySwitches;

    /// <summary>sizeof(struct report).</summary>
    public const int Size = 400;

    [InlineArray(15)]
    internal struct StampArray
    {
        private ulong _first;
    }

    [InlineArray(8)]
    internal struct NamespaceArray
    {
        private ulong _first;
    }

    [InlineArray(8)]
    internal struct SkippedArray
    {
        private uint _first;
    }
}

/// <summary><c>enum report_kind</c> of native/launcher/plan.h.</summary>
internal enum ReportKind : uint
{
    Failed = 1,
    Started,
    Violation,
    Deadline,
    Ended,
    Gone,
    Ending,
    Barrier,
    Sockets,
    Entered,
    Left,
}
