namespace Sandbox.Policies;

/// <summary>
/// Runs a compiled filter against the policy it came from: every number, and for calls with conditions every
/// value that a rule names, its neighbours and its high bits. A filter that answers otherwise is never used,
/// whichever version of libseccomp wrote its comparisons.
/// </summary>
internal static class PolicyProof
{
    public static void Check(ResolvedPolicy policy, ReadOnlySpan<BpfInstruction> program)
    {
        foreach (var call in Calls(policy))
        {
            var (answer, wanted) = (BpfProgram.Run(program, call), policy.Decide(call));
            if (answer != wanted)
                throw new SandboxException($"the compiled policy answers 0x{answer:x8} to system call {call.Number}, not 0x{wanted:x8}");
        }
    }

    /// <summary>The calls that tell two filters for this policy apart.</summary>
    public static IEnumerable<SystemCall> Calls(ResolvedPolicy policy)
    {
        const int Past = 64;
        var end = policy.Clauses.Keys.Max() + Past;
        int[] strange = [-1, -2, int.MinValue, int.MaxValue, 0x3fff_ffff, 0x4000_0000, 0x4000_0001, 0x4000_0208, 0x7fff_fffe];
        // What holds for one call is tried on every other, too: none may end in its neighbour's conditions.
        var telling = Telling(policy);
        foreach (var number in Enumerable.Range(0, end).Concat(strange))
        {
            foreach (var arguments in telling)
                yield return new SystemCall(number, policy.Arch, arguments);
            foreach (var arch in new[] { SyscallTable.X8664, SyscallTable.Aarch64, SyscallTable.I386, 0u })
                yield return new SystemCall(number, arch, default);
        }

        foreach (var (number, clauses) in policy.Clauses)
        {
            foreach (var arguments in Arguments(clauses))
                yield return new SystemCall(number, policy.Arch, arguments);
        }
    }

    private static List<SystemCall.Values> Telling(ResolvedPolicy policy)
    {
        var all = new List<SystemCall.Values> { default, Filled(ulong.MaxValue) };
        foreach (var matches in policy.Clauses.Values.SelectMany(clauses => clauses).SelectMany(clause => clause.Alternatives))
        {
            if (matches.Count > 0)
                all.Add(matches.Aggregate(default(SystemCall.Values), (known, match) => With(known, match.Argument, match.Value)));
        }

        return [.. all.Distinct()];
    }

    private static IEnumerable<SystemCall.Values> Arguments(IReadOnlyList<SyscallClause> clauses)
    {
        var matches = clauses.SelectMany(clause => clause.Alternatives).SelectMany(alternative => alternative).Distinct().ToList();
        // The arguments that no rule looks at are all ones or zeros, so that looking at them shows.
        IEnumerable<SystemCall.Values> all = [Filled(ulong.MaxValue), default];
        foreach (var group in matches.GroupBy(match => match.Argument))
        {
            var values = group.SelectMany(Around).Distinct().ToList();
            all = all.SelectMany(known => values.Select(value => With(known, group.Key, value)));
        }

        // Rules on many arguments make millions of combinations.
        const int Enough = 200_000;
        return matches.Count == 0 ? [] : all.Take(Enough);
    }

    private static IEnumerable<ulong> Around(ArgumentMatch match)
    {
        const ulong High = 1UL << 32;
        var (value, mask) = (match.Value, match.Mask);
        return [value, value + 1, value - 1, value ^ High, value | ~mask, value ^ (mask & (~mask + 1)), value ^ mask, value | (High << 31), 0, ulong.MaxValue, 1, 0x80];
    }

    private static SystemCall.Values Filled(ulong value)
    {
        var values = default(SystemCall.Values);
        ((Span<ulong>)values).Fill(value);
        return values;
    }

    private static SystemCall.Values With(SystemCall.Values known, int argument, ulong value)
    {
        known[argument] = value;
        return known;
    }
}
