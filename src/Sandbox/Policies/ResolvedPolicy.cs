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
            return PolicyAction.Kill;
        if (Clauses.TryGetValue(call.Number, out var clauses))
        {
            foreach (var clause in clauses)
            {
                if (clause.Holds(call))
                    return clause.Action;
            }
        }

        return Unlisted;
    }
}
