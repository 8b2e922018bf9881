using System.Globalization;
using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Jobs;

namespace Sandbox.Planning.Steps;

/// <summary>pid 1 becomes root of a new user namespace, and stays the caller (or a leased id) outside of it.</summary>
internal sealed record IdentityStep(uint HostUid, uint HostGid, SubordinateIds? SubIds) : PlanStep(PlanPhase.Identity, SubIds is null ? "" : "/subids")
{
    public override Operation Operation => Operation.MapIds;

    public override string? Path => SubIds?.UidProgram;

    public override StepFields Fields => SubIds is null ? new(StepKind.Identity) : new(StepKind.Identity)
    {
        A = SubIds.UidProgram,
        B = SubIds.GidProgram,
        Value0 = SubIds.FirstUid,
        Value1 = SubIds.Uids,
        Value2 = SubIds.FirstGid,
        Value3 = SubIds.Gids,
    };

    public override string Describe() => $"become root of an own user namespace, outside of it {HostUid}:{HostGid}" +
        (SubIds is null ? "" : $"; uids 1 to {SubIds.Uids} are {SubIds.FirstUid} and up outside, gids 1 to {SubIds.Gids} {SubIds.FirstGid} and up");
}

/// <summary>A session of its own, descriptors 0 to 2, and pipes at numbers beyond.</summary>
/// <param name="Terminal">The size of the terminal that the job gets for these three; null for none.</param>
internal sealed record SessionStep(TerminalSize? Terminal) : PlanStep(PlanPhase.Session, Terminal is null ? "" : "/terminal")
{
    /// <summary>The numbers of further pipes, in their order.</summary>
    public IReadOnlyList<int> Pipes { get; init; } = [];

    /// <summary>How likely it is to be ended when the host is out of memory (proc(5), oom_score_adj).</summary>
    public int OomScoreAdj { get; init; } = JobSpec.UsualOomScoreAdj;

    /// <summary>Where these begin among the job's extra descriptors; of no meaning without any.</summary>
    public int FirstPipe { get; init; }

    /// <summary>They are no pipes of the job's, but whatever its caller has at these numbers.</summary>
    public bool IsInherited { get; init; }

    /// <summary>The job is over when it is stopped and nobody is left in it to let it go on.</summary>
    public bool EndsStopped { get; init; }

    public override Operation Operation => Operation.StartSession;

    public override StepFields Fields => new(StepKind.Session)
    {
        Flags = (Terminal is null ? StepFlags.None : StepFlags.Terminal) | (IsInherited ? StepFlags.Inherited : StepFlags.None) | (EndsStopped ? StepFlags.EndsStopped : StepFlags.None),
        Value0 = Terminal?.Rows ?? 0,
        Value1 = Terminal?.Columns ?? 0,
        Value2 = Pipes.Aggregate(0ul, static (bits, number) => bits | (1ul << number)),
        Value3 = (ulong)OomScoreAdj,
        Descriptor = Pipes.Count == 0 ? -1 : FirstPipe,
    };

    public override string Describe() => Streams + (OomScoreAdj == JobSpec.UsualOomScoreAdj ? "" : $"; oom_score_adj is {OomScoreAdj}") + (EndsStopped ? "; over once all of it is stopped" : "");

    private string Streams => Terminal is not { } size
        ? "start a session without a terminal, with descriptors 0 to 2" + (Pipes.Count == 0 ? " only" : $" and {Beyond}, only")
        : FormattableString.Invariant($"start a session with a terminal of its own ({size.Rows} rows, {size.Columns} columns) as descriptors 0 to 2{(Pipes.Count == 0 ? "" : $" and {Beyond}")}");

    private string Beyond => $"{(IsInherited ? "the caller's" : "pipes at")} {string.Join(", ", Pipes)}";
}

/// <summary>The payload leaves the user namespace that owns its mounts and its network.</summary>
internal sealed record InnerUsernsStep(uint Uid, uint Gid, bool HasSubIds) : PlanStep(PlanPhase.Privileges, "/user")
{
    public override Operation Operation => Operation.EnterInnerNamespace;

    public override StepFields Fields => new(StepKind.InnerUserns) { Value0 = Uid, Value1 = Gid };

    public override string Describe() => HasSubIds ? "enter an inner user namespace with the same ids" : $"enter an inner user namespace as {Uid}:{Gid}";
}

/// <summary>Nothing the job executes can gain a capability, beyond what the job is granted.</summary>
internal sealed record LockPrivilegeStep(CapabilitySet Granted) : PlanStep(PlanPhase.Privileges, Granted == CapabilitySet.None ? "" : "/capabilities")
{
    public override Operation Operation => Operation.LockPrivilege;

    public override StepFields Fields => new(StepKind.LockPrivilege) { Value0 = (ulong)Granted };

    public override string Describe() => Granted == CapabilitySet.None ? "empty the bounding set, lock the securebits"
        : $"reduce the bounding set to {CapabilityNames.Text(Granted)}, lock the securebits";
}

/// <summary>The ids the job sees itself as.</summary>
internal sealed record CredentialsStep(uint Uid, uint Gid) : PlanStep(PlanPhase.Privileges, "/user")
{
    public override Operation Operation => Operation.TakeCredentials;

    public override StepFields Fields => new(StepKind.Credentials) { Value0 = Uid, Value1 = Gid };

    public override string Describe() => $"become {Uid}:{Gid}";
}

/// <summary>A limit of the kernel on every process of the job.</summary>
/// <remarks>Soft and hard are one: a job could raise the soft one at will, and at a soft one the kernel sends other signals.</remarks>
internal sealed record RlimitStep(Rlimit Resource, ulong Limit, string Origin) : PlanStep(PlanPhase.Privileges, Origin)
{
    /// <summary>RLIM_INFINITY.</summary>
    public const ulong Unlimited = ulong.MaxValue;

    /// <summary>Below the hard one only where the job shall be able to raise it.</summary>
    public ulong Soft { get; init; } = Limit;

    public override Operation Operation => Operation.SetRlimit;

    public override StepFields Fields => new(StepKind.Rlimit)
    {
        Value0 = (ulong)Resource,
        Value1 = Soft,
        Value2 = Limit,
    };

    public override string Describe() =>
        $"limit {RlimitTable.Of(Resource).Name} to {Amount(Soft)}" + (Soft == Limit ? "" : $", to be raised to {Amount(Limit)}");

    private static string Amount(ulong limit) => limit == Unlimited ? "unlimited" : limit.ToString(CultureInfo.InvariantCulture);
}

/// <summary>All five capability sets become empty, or what the job is granted.</summary>
internal sealed record DropCapabilitiesStep(CapabilitySet Granted) : PlanStep(PlanPhase.Privileges, Granted == CapabilitySet.None ? "" : "/capabilities")
{
    public override Operation Operation => Operation.DropCapabilities;

    public override StepFields Fields => new(StepKind.DropCapabilities) { Value0 = (ulong)Granted };

    public override string Describe() => Granted == CapabilitySet.None ? "drop every capability"
        : $"drop every capability but {CapabilityNames.Text(Granted)}, of the inner user namespace";
}

/// <summary>execve grants nothing from here on (prctl(2), PR_SET_NO_NEW_PRIVS).</summary>
internal sealed record NoNewPrivsStep() : PlanStep(PlanPhase.Privileges, "")
{
    public override Operation Operation => Operation.SetNoNewPrivs;

    public override StepFields Fields => new(StepKind.NoNewPrivs);

    public override string Describe() => "set no_new_privs";
}

/// <summary>A clock over the whole process tree; where the host refuses it, that is reported.</summary>
internal sealed record CpuClockStep(string Origin) : PlanStep(PlanPhase.Privileges, Origin)
{
    public override Operation Operation => Operation.OpenCpuClock;

    public override StepFields Fields => new(StepKind.CpuClock);

    public override string Describe() => "open a task clock over the process tree where perf_event_open is allowed";
}
