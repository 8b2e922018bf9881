using Sandbox.Interop;

namespace Sandbox.Planning;

/// <summary>
/// The rlimits of whoever starts jobs. A job never gets more than the hard ones: raising those needs CAP_SYS_RESOURCE
/// in the first user namespace (setrlimit(2)). Nothing given is no limit.
/// </summary>
internal sealed class HostRlimits
{
    private readonly ulong[] _hard = [.. Enumerable.Repeat(Steps.RlimitStep.Unlimited, RlimitTable.Count)];

    /// <summary>The hard limit.</summary>
    public ulong this[Rlimit resource]
    {
        get => _hard[(int)resource];
        init => _hard[(int)resource] = value;
    }

    /// <summary>RLIMIT_STACK as the caller's own programs have it: what a job gets that asks for no other.</summary>
    public ulong SoftStack { get; init; } = Steps.RlimitStep.Unlimited;

    /// <summary>Those of this process, which its launcher inherits.</summary>
    public static HostRlimits Read()
    {
        var limits = new HostRlimits { SoftStack = Libc.Rlimit((int)Rlimit.Stack).Soft };
        for (var resource = 0; resource < RlimitTable.Count; resource++)
            limits._hard[resource] = Libc.Rlimit(resource).Hard;

        // To the kernel no time at all is a second (setrlimit(2), RLIMIT_CPU; do_prlimit, kernel/sys.c).
        limits._hard[(int)Rlimit.Cpu] = Math.Max(limits._hard[(int)Rlimit.Cpu], 1);
        return limits;
    }

    /// <summary>The hard limit as limits of jobs have it; null for none.</summary>
    public long? Most(Rlimit resource) => this[resource] > long.MaxValue ? null : (long)this[resource];

    /// <summary>The limits that can be in force here: none is above the hard limit, and a file has one if the caller's have.</summary>
    public ResourceLimits Clamp(ResourceLimits asked) => asked with
    {
        CpuTime = asked.CpuTime is { } time && Most(Rlimit.Cpu) is { } seconds && time.TotalSeconds > seconds ? TimeSpan.FromSeconds(seconds) : asked.CpuTime,
        FileSizeBytes = Lower(asked.FileSizeBytes ?? Most(Rlimit.Fsize), Rlimit.Fsize),
        OpenFiles = (int?)Lower(asked.OpenFiles, Rlimit.Nofile),
        Processes = (int?)Lower(asked.Processes, Rlimit.Nproc),
        StackBytes = Lower(asked.StackBytes, Rlimit.Stack),
        AddressSpaceBytes = Lower(asked.AddressSpaceBytes, Rlimit.As),
        DataSegmentBytes = Lower(asked.DataSegmentBytes, Rlimit.Data),
    };

    private long? Lower(long? asked, Rlimit resource) =>
        asked is { } value && Most(resource) is { } most ? Math.Min(value, most) : asked;
}
