using System.Text;
using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>A tree or file of the host, its submounts included, without device nodes and set-id programs.</summary>
internal sealed record BindStep(string Source, string Target, string Origin) : MountStep(Target, Origin)
{
    public bool ReadOnly { get; init; } = true;

    public bool NoExec { get; init; }

    /// <summary>A source that is gone when the launcher looks is skipped and reported.</summary>
    public bool Optional { get; init; }

    /// <summary>
    /// The folder at or above the source that is shown through a read-only overlay, so that the job's file locks and
    /// watches are on inodes of its own; null to show the host's inodes.
    /// </summary>
    public string? View { get; init; }

    /// <summary>
    /// The source is the host's own and no user named it: it may be opened before the job is there. What a user names is
    /// looked up when the job starts, because it may be replaced between two jobs.
    /// </summary>
    public bool OfSystem { get; init; }

    /// <summary>Device nodes of the source can be used (mount(2), without MS_NODEV).</summary>
    public bool Devices { get; init; }

    /// <summary>The source is a file of the store, which as real root only the launcher can reach.</summary>
    public bool Stored { get; init; }

    public override string Name => "bind";

    public override string? Path => Source;

    public override bool Writable => !ReadOnly;

    public override IEnumerable<MountPoint> MountPoints =>
    [
        new(Target, View is null ? "bind" : "overlay") { ReadOnly = ReadOnly, NoExec = NoExec, Devices = Devices, Perhaps = Optional, Source = Source },
    ];

    public override StepFields Fields => new(StepKind.Bind)
    {
        A = Source,
        B = Target,
        Flags = (ReadOnly ? StepFlags.ReadOnly : StepFlags.None) |
            (NoExec ? StepFlags.NoExec : StepFlags.None) |
            (Devices ? StepFlags.Devices : StepFlags.None) |
            (Optional ? StepFlags.Optional : StepFlags.None) |
            (View is null ? StepFlags.None : StepFlags.OwnInodes) |
            (OfSystem ? StepFlags.OfSystem : StepFlags.None) |
            (Stored ? StepFlags.Stored : StepFlags.None),
        Value0 = View is null ? 0 : (ulong)Encoding.UTF8.GetByteCount(View),
    };

    public override string Describe() =>
        $"bind {Words.Quote(Source)} to {Words.Quote(Target)}{(ReadOnly ? " read-only" : " writable")}" +
        $"{(NoExec ? " noexec" : "")}{(Devices ? " as a device" : "")}{(Optional ? " if it exists" : "")}{(View is null ? "" : ", inodes of its own")}";
}
