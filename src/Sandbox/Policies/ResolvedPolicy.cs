using Sandbox.Interop;

namespace Sandbox.Policies;

/// <summary>A policy for one architecture, every name replaced by its number. The first clause that holds decides.</summary>
internal sealed record ResolvedPolicy
{
    /// <summary>The <c>AUDIT_ARCH_</c> value of the only architecture the policy lets through.</summary>
    public required uint Arch { get; init; }

    /// <summary>The <c>SECCOMP_RET_</c> value for calls that no clause decides.</summary>
    public required uint Unlisted { get; init; }

    /// <summary>The clauses by call number, in order.</summary>
    public required IReadOnlyDictionary<int, IReadOnlyList<SyscallClause>> Clauses { get; init; }

    /// <summary>What the policy says about a call: the specification that the BPF is checked against.</summary>
    public uint Decide(SystemCall call)
    {
        if (call.Arch != Arch || SyscallTable.IsX32(call.Number, call.Arch))
        {
            return PolicyAction.Kill;
        }

        if (Clauses.TryGetValue(call.Number, out var clauses))
        {
            foreach (var clause in clauses)
            {
                if (clause.Holds(call))
                {
                    return clause.Action;
                }
            }
        }

        return Unlisted;
    }
}

/// <summary>An action for a call when one of the alternatives holds.</summary>
internal sealed record SyscallClause
{
    /// <summary>The <c>SECCOMP_RET_</c> value.</summary>
    public required uint Action { get; init; }

    /// <summary>Each a list of matches that hold together; an empty list always holds.</summary>
    public required IReadOnlyList<IReadOnlyList<ArgumentMatch>> Alternatives { get; init; }

    public bool IsUnconditional => Alternatives.Any(matches => matches.Count == 0);

    public bool Holds(SystemCall call)
    {
        // Asked a million times by the proof: no enumerators.
        for (var i = 0; i < Alternatives.Count; i++)
        {
            if (Hold(Alternatives[i], call))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Hold(IReadOnlyList<ArgumentMatch> matches, SystemCall call)
    {
        for (var i = 0; i < matches.Count; i++)
        {
            if (!call.Matches(matches[i]))
            {
                return false;
            }
        }

        return true;
    }
}
