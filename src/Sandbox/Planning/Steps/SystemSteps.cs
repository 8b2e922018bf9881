using System.Text;
using Sandbox.Host;
using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>/dev with null, zero, full, random, urandom, tty and an own instance of pseudo-terminals.</summary>
internal sealed record DevicesStep() : MountStep("/dev", "")
{
    private static readonly string[] s_nodes = ["null", "zero", "full", "random", "urandom", "tty"];

    public override Operation Operation => Operation.MakeDevices;

    /// <summary>Device nodes are written through; a new one cannot be made in a user namespace (mknod(2)).</summary>
    public override bool Writable => true;

    public override IEnumerable<MountPoint> MountPoints =>
    [
        .. s_nodes.Select(node => new MountPoint(Target + "/" + node, "bind") { NoExec = true, Devices = true, Source = "/dev/" + node }),
        new(Target + "/pts", "devpts") { NoExec = true, Devices = true },
    ];

    public override StepFields Fields => new(StepKind.Devices);

    public override string Describe() => "make /dev with null, zero, full, random, urandom, tty and pts";
}

/// <summary>The procfs of the job's own pid namespace.</summary>
internal sealed record ProcStep() : MountStep("/proc", "")
{
    /// <summary>Processes only, nothing of the system (proc(5), subset=pid).</summary>
    public bool PidOnly { get; init; }

    public override Operation Operation => Operation.MountProc;

    /// <summary>A process writes its own entries; the rest belongs to ids the job does not have.</summary>
    public override bool Writable => true;

    public override IEnumerable<MountPoint> MountPoints => [new(Target, "proc") { NoExec = true }];

    public override StepFields Fields => new(StepKind.Proc) { Flags = PidOnly ? StepFlags.PidOnly : StepFlags.None };

    public override string Describe() => PidOnly ? "mount /proc with processes only" : "mount /proc";
}

/// <summary>A network device of the job's own as sysfs has it.</summary>
/// <param name="Device">Its directory in sysfs.</param>
internal sealed record SysfsStep(string Device) : MountStep("/sys/" + Device, "/sys")
{
    public override Operation Operation => Operation.MountSysfs;

    public override IEnumerable<MountPoint> MountPoints => [new(Target, "sysfs") { ReadOnly = true, NoExec = true }];

    public override StepFields Fields => new(StepKind.Sysfs) { A = Device, B = Target };

    public override string Describe() => $"mount {Target} of the job's own network";
}

/// <summary>Hides a path, or makes it read-only, if this kernel has it.</summary>
internal sealed record MaskStep(string Target, string Origin) : PlanStep(PlanPhase.Mounts, Origin)
{
    /// <summary>Readable still, but not writable.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>What is to be found there: if it is not, the job does not start. Null for what some kernels do not have.</summary>
    public HiddenPlace? Hides { get; init; }

    /// <summary>The mount that shows what is hidden. A directory in it that the job's id may not search is hidden as a whole.</summary>
    public string Mount { get; init; } = "";

    public override Operation Operation => Operation.Mask;

    public override string? Path => Target;

    // A directory is covered by an empty one, a file by /dev/null.
    public override IEnumerable<MountPoint> MountPoints =>
        [new(Target, ReadOnly ? "proc" : "mask") { ReadOnly = true, NoExec = true, Devices = !ReadOnly, Perhaps = true }];

    public override StepFields Fields => new(StepKind.Mask)
    {
        B = Target,
        Flags = ReadOnly ? StepFlags.ReadOnly : StepFlags.None,
        Value0 = Hides?.Device ?? 0,
        Value1 = Hides?.Inode ?? 0,
        Value2 = (ulong)Encoding.UTF8.GetByteCount(Mount),
    };

    public override string Describe() => ReadOnly ? $"make {Target} read-only" : $"hide {Words.Quote(Target)}";
}

/// <summary>The names of the job's own UTS namespace.</summary>
/// <param name="Hostname">Its host name.</param>
/// <param name="Domainname">Its NIS domain name; null for none.</param>
internal sealed record HostnameStep(string Hostname, string? Domainname) : PlanStep(PlanPhase.Host, "/hostname")
{
    // What the kernel says where none was set (uname(2)).
    private const string NoDomain = "(none)";

    public override Operation Operation => Operation.SetHostname;

    public override StepFields Fields => new(StepKind.Hostname) { A = Hostname, B = Domainname ?? NoDomain };

    public override string Describe() => $"set the host name {Words.Quote(Hostname)}" + (Domainname is null ? "" : $" and the domain name {Words.Quote(Domainname)}");
}

/// <summary>
/// CLOCK_MONOTONIC and CLOCK_BOOTTIME, and with them /proc/uptime, begin near zero (time_namespaces(7)). Optional: a kernel without time namespaces leaves the job the
/// host's.
/// </summary>
internal sealed record ClocksStep() : PlanStep(PlanPhase.Host, "/isolation")
{
    public override Operation Operation => Operation.SetClocks;

    public override StepFields Fields => new(StepKind.Clocks) { Flags = StepFlags.Optional };

    public override string Describe() => "let the clocks of time since boot begin near zero where the kernel lets us";
}

/// <summary>The loopback device of the job's own network namespace goes up.</summary>
internal sealed record LoopbackStep() : PlanStep(PlanPhase.Host, "/network")
{
    public override Operation Operation => Operation.RaiseLoopback;

    public override StepFields Fields => new(StepKind.Loopback);

    public override string Describe() => "bring the loopback device up";
}

/// <summary>A kernel setting of one of the job's own namespaces.</summary>
/// <remarks>
/// Optional where it is the second of two means, or where older kernels have it owned by the host's
/// root: a refused write is reported, not an error.
/// </remarks>
internal sealed record SysctlStep(string Setting, string Value, string Origin) : PlanStep(PlanPhase.Host, Origin)
{
    public bool Optional { get; init; } = true;

    public override Operation Operation => Operation.SetSysctl;

    public override string? Path => "/proc/sys/" + Setting;

    public override StepFields Fields => new(StepKind.Sysctl)
    {
        A = Setting,
        B = Value,
        Flags = Optional ? StepFlags.Optional : StepFlags.None,
    };

    public override string Describe() => $"set {Setting} to {Value}{(Optional ? " where the kernel lets us" : "")}";
}

/// <summary>A kernel setting of one of the job's own namespaces that no job decides about.</summary>
/// <remarks>With the mounts, so that it can be made ahead with them: each costs a look-up in a new procfs. Optional as those of <see cref="SysctlStep"/>.</remarks>
internal sealed record CommonSysctlStep(string Setting, string Value, string Origin) : PlanStep(PlanPhase.Mounts, Origin)
{
    public override Operation Operation => Operation.SetCommonSysctl;

    public override string? Path => "/proc/sys/" + Setting;

    public override StepFields Fields => new(StepKind.CommonSysctl) { A = Setting, B = Value, Flags = StepFlags.Optional };

    public override string Describe() => $"set {Setting} to {Value} where the kernel lets us";
}
