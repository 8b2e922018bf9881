using Sandbox.Interop;

namespace Sandbox.Policies;

/// <summary>
/// Runs a compiled filter against the policy it came from: every number with arguments that lead through every
/// comparison that the filter makes for it, and for calls with conditions every value that a rule names, its
/// neighbours and its high bits. A filter that answers otherwise is never used, whichever version of libseccomp
/// wrote its comparisons.
/// </summary>
internal static class PolicyProof
{
    public static void Check(ResolvedPolicy policy, BpfInstruction[] program)
    {
        if (FindWrong(policy, program) is { } call)
        {
            throw new SandboxException($"the compiled policy answers 0x{BpfProgram.Run(program, call):x8} to system call {call.Number}, not 0x{policy.Decide(call):x8}");
        }
    }

    /// <summary>A call that the filter answers otherwise than the policy; null if there is none.</summary>
    public static SystemCall? FindWrong(ResolvedPolicy policy, BpfInstruction[] program)
    {
        foreach (var call in Calls(policy, program))
        {
            if (BpfProgram.Run(program, call) != policy.Decide(call))
            {
                return call;
            }
        }

        return null;
    }

    /// <summary>The numbers that a filter for this policy is tried with.</summary>
    public static IEnumerable<int> Numbers(ResolvedPolicy policy)
    {
        const int Past = 64;
        int[] strange = [-1, -2, int.MinValue, int.MaxValue, 0x3fff_ffff, 0x4000_0000, 0x4000_0001, 0x4000_0208, 0x7fff_fffe];
        return Enumerable.Range(0, policy.Clauses.Keys.Max() + Past).Concat(strange);
    }

    /// <summary>The calls that tell this filter from one that does what the policy says.</summary>
    public static IEnumerable<SystemCall> Calls(ResolvedPolicy policy, BpfInstruction[] program)
    {
        uint[] foreign = [SyscallTable.X8664, SyscallTable.Aarch64, SyscallTable.I386, 0];
        var reader = new DecisionReader(program, policy.Arch, new DecisionPool());
        var paths = new Dictionary<Decision, IReadOnlyList<SystemCall.Values>>();
        foreach (var number in Numbers(policy))
        {
            // A number that ended in its neighbour's comparisons would show there, and nowhere else.
            var decision = reader.Read(number);
            if (!paths.TryGetValue(decision, out var known))
            {
                paths.Add(decision, known = DecisionPaths.Through(decision));
            }

            foreach (var arguments in known)
            {
                yield return new SystemCall(number, policy.Arch, arguments);
            }

            foreach (var arch in foreign)
            {
                yield return new SystemCall(number, arch, default);
            }
        }

        foreach (var (number, clauses) in policy.Clauses)
        {
            foreach (var arguments in Arguments(clauses))
            {
                yield return new SystemCall(number, policy.Arch, arguments);
            }
        }
    }

    private static IEnumerable<SystemCall.Values> Arguments(IReadOnlyList<SyscallClause> clauses)
    {
        // Rules on many arguments make millions of combinations.
        const int Enough = 10_000;
        var alternatives = clauses.SelectMany(clause => clause.Alternatives).ToList();
        var around = alternatives.SelectMany(matches => matches).GroupBy(match => match.Argument)
            .Select(group => (Argument: group.Key, Values: group.SelectMany(Around).Distinct().ToList())).ToList();
        // The arguments that no rule looks at are all ones or zeros, so that looking at them shows.
        List<SystemCall.Values> starts = [SystemCall.Values.Ones, default];
        if (around.Count == 0)
        {
            return [];
        }

        if (around.Aggregate((double)starts.Count, (count, group) => count * group.Values.Count) <= Enough)
        {
            return around.Aggregate((IEnumerable<SystemCall.Values>)starts, (known, group) => known.SelectMany(values => Each(values, group)));
        }

        // Too many: one argument after the other, with the others as each rule wants them.
        starts.AddRange(alternatives.Select(matches => matches.Aggregate(default(SystemCall.Values), (known, match) => With(known, match.Argument, match.Value))));
        return starts.Distinct().SelectMany(values => around.SelectMany(group => Each(values, group)));
    }

    private static IEnumerable<SystemCall.Values> Each(SystemCall.Values values, (int Argument, List<ulong> Values) group) =>
        group.Values.Select(value => With(values, group.Argument, value));

    private static IEnumerable<ulong> Around(ArgumentMatch match)
    {
        const ulong High = 1UL << 32;
        var (value, mask) = (match.Value, match.Mask);
        return [value, value + 1, value - 1, value ^ High, value | ~mask, value ^ (mask & (~mask + 1)), value ^ mask, value | (High << 31), 0, ulong.MaxValue, 1, 0x80];
    }

    private static SystemCall.Values With(SystemCall.Values known, int argument, ulong value)
    {
        known[argument] = value;
        return known;
    }
}
