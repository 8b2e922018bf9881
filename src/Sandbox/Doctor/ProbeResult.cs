using Sandbox.Host;
using Sandbox.Interop;

namespace Sandbox.Doctor;

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
