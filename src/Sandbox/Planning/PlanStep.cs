namespace Sandbox.Planning;

/// <summary>One thing the launcher does before the job starts.</summary>
/// <remarks>Origin is the JSON pointer that asked for it, such as <c>/mounts/2</c>; empty for what every job gets.</remarks>
internal abstract record PlanStep(PlanPhase Phase, string Origin)
{
    /// <summary>What is being done, by which a failure is known.</summary>
    public abstract Operation Operation { get; }

    /// <summary>The same in the words of errors, such as <c>mount tmpfs</c>.</summary>
    public string Name => OperationTable.Word(Operation);

    /// <summary>The path an error is most likely about, or null.</summary>
    public virtual string? Path => null;

    /// <summary>What it adds to the job's mount table.</summary>
    public virtual IEnumerable<MountPoint> MountPoints => [];

    /// <summary>What goes over the wire.</summary>
    public abstract StepFields Fields { get; }

    /// <summary>What was attempted, in the user's words; the caller adds errno and origin.</summary>
    public abstract string Describe();
}

/// <summary>A step that puts something into the job's root at <see cref="Target"/>.</summary>
internal abstract record MountStep(string Target, string Origin) : PlanStep(PlanPhase.Mounts, Origin)
{
    public override string? Path => Target;

    /// <summary>What the job writes below the target is kept by something made for it, or reaches the host at its wish.</summary>
    public virtual bool Writable => false;
}

/// <summary>The order of a plan: phases never decrease. Up to <see cref="Host"/> in pid 1, from <see cref="Session"/> on in the payload.</summary>
/// <remarks>The values are <c>enum phase</c> of native/launcher/plan.h.</remarks>
internal enum PlanPhase : ushort
{
    Identity = 1,
    Root,
    Mounts,
    Files,
    Pivot,
    Host,
    Session,
    Privileges,
    Confine,
    Filter,
    Exec,
}

internal static class PlanPhases
{
    /// <summary>The phase as results and the dry run know it: the same ones, in the same order.</summary>
    public static JobPhase OfJob(this PlanPhase phase) => JobPhase.Identity + (phase - PlanPhase.Identity);
}

/// <summary>What the launcher can be asked for: <c>enum step_kind</c> of native/launcher/plan.h.</summary>
internal enum StepKind : ushort
{
    Identity = 1,
    Root,
    Scratch,
    Uppers,
    Bind,
    Directory,
    Tmpfs,
    Overlay,
    Layer,
    LayeredRoot,
    MakeDirectory,
    Symlink,
    Devices,
    Proc,
    Sysfs,
    Mask,
    Pin,
    KeepWritable,
    File,
    BindFile,
    Stdin,
    Barrier,
    Pivot,
    SealRoot,
    Hostname,
    Clocks,
    Loopback,
    Lookups,
    Netlink,
    Listen,
    Sysctl,
    CommonSysctl,
    JoinNetwork,
    Cgroup,
    Session,
    InnerUserns,
    LockPrivilege,
    Credentials,
    Rlimit,
    Affinity,
    DropCapabilities,
    NoNewPrivs,
    CpuClock,
    WorkingDirectory,
    Open,
    LandlockWritable,
    Landlock,
    Seccomp,
    Exec,
}

/// <summary><c>enum step_flag</c> of native/launcher/plan.h.</summary>
[Flags]
internal enum StepFlags : uint
{
    None = 0,
    ReadOnly = 1 << 0,
    NoExec = 1 << 1,
    Optional = 1 << 2,
    PidOnly = 1 << 3,
    Devices = 1 << 4,
    OwnInodes = 1 << 5,
    OfSystem = 1 << 6,
    Terminal = 1 << 7,
    OwnFiles = 1 << 8,
    Stored = 1 << 9,
    OnDemand = 1 << 10,
    Redirected = 1 << 11,
    Inherited = 1 << 12,
    EndsStopped = 1 << 13,
}

/// <summary>A step as the wire has it, before its words and bytes have offsets.</summary>
/// <remarks>
/// <see cref="Blob"/> and the word lists are stored by the writer, which fills in the values that say
/// where: native/launcher/plan.h names them for each kind.
/// </remarks>
internal readonly record struct StepFields(StepKind Kind)
{
    /// <summary>First text; ignored where <see cref="WordsA"/> is set.</summary>
    public string A { get; init; } = "";

    /// <summary>Second text; ignored where <see cref="WordsB"/> is set.</summary>
    public string B { get; init; } = "";

    public StepFlags Flags { get; init; } = StepFlags.None;

    /// <summary>Index into the job's extra descriptors, or -1.</summary>
    public int Descriptor { get; init; } = -1;

    public ulong Value0 { get; init; }

    public ulong Value1 { get; init; }

    public ulong Value2 { get; init; }

    public ulong Value3 { get; init; }

    /// <summary>Words that follow each other in the text, the first at <c>a</c>; their number is value 0.</summary>
    public IReadOnlyList<string>? WordsA { get; init; }

    /// <summary>Words that follow each other in the text, the first at <c>b</c>; their number is value 1.</summary>
    public IReadOnlyList<string>? WordsB { get; init; }

    public ReadOnlyMemory<byte> Blob { get; init; }

    /// <summary>Which value takes the blob's offset, the next one its size; -1 without a blob.</summary>
    public int BlobValue { get; init; } = -1;
}
