using Sandbox.Interop;
using Sandbox.Interop.Generated;

namespace Sandbox.Policies;

/// <summary>
/// Compiles a policy to BPF. libseccomp turns the rules into comparisons of arguments; this class puts its output
/// into the order of the policy's clauses and lays it out again as a search tree over the call numbers, because
/// installing a filter costs time per instruction and libseccomp's list is eight times as long.
/// </summary>
/// <remarks>
/// libseccomp has no "first rule that holds" and no answer for a wrong architecture but killing. So the n-th
/// clauses of all calls make the n-th filter, whose answer to anything else is <see cref="Next"/>, and the
/// beginning that looks at the architecture is our own.
/// </remarks>
internal static class SeccompCompiler
{
    /// <summary>Goes into the key of cached programs: raise it when the same policy compiles to something else.</summary>
    public const int Version = 2;

    /// <summary>An action that no policy can name stands for "the next clause decides".</summary>
    public const uint Next = LibSeccomp.SECCOMP_RET_TRACE | 0x7e57;
    // libseccomp takes SECCOMP_RET_USER_NOTIF without data only.
    private const uint WitnessStandIn = LibSeccomp.SECCOMP_RET_TRACE | 0x7e58;
    private const uint WitnessSocketStandIn = LibSeccomp.SECCOMP_RET_TRACE | 0x7e59;
    private const uint X32First = 0x4000_0000;

    public static byte[] Compile(ResolvedPolicy policy)
    {
        var program = DecisionWriter.Write(Root(policy, new DecisionPool()));
        PolicyProof.Check(policy, [.. program]);
        return BpfProgram.ToBytes(program);
    }

    /// <summary>libseccomp's own filters, one per place in the order of clauses.</summary>
    public static IReadOnlyList<BpfInstruction[]> Layers(ResolvedPolicy policy)
    {
        var layers = new List<BpfInstruction[]>();
        var depth = policy.Clauses.Values.Max(clauses => clauses.Count);
        for (var layer = 0; layer < depth; layer++)
        {
            using var context = new SeccompContext(Next);
            foreach (var (number, clauses) in policy.Clauses.OrderBy(entry => entry.Key))
            {
                if (layer >= clauses.Count)
                {
                    continue;
                }

                foreach (var matches in clauses[layer].Alternatives)
                {
                    context.Add(StandIn(clauses[layer].Action), number, matches);
                }
            }

            layers.Add([.. BpfProgram.Parse(context.Export()).Select(Meant)]);
        }

        return layers;
    }

    private static uint StandIn(uint action) => action switch
    {
        PolicyAction.Witness => WitnessStandIn,
        PolicyAction.WitnessSocket => WitnessSocketStandIn,
        _ => action,
    };

    private static BpfInstruction Meant(BpfInstruction instruction) => instruction switch
    {
        { Code: BpfInstruction.Return, K: WitnessStandIn } => instruction with { K = PolicyAction.Witness },
        { Code: BpfInstruction.Return, K: WitnessSocketStandIn } => instruction with { K = PolicyAction.WitnessSocket },
        _ => instruction,
    };

    private static Decision Root(ResolvedPolicy policy, DecisionPool pool)
    {
        var kill = pool.Return(PolicyAction.Kill);
        var ranges = new List<(uint First, Decision Decision)>();
        foreach (var (number, decision) in Decisions(policy, pool))
        {
            Append(ranges, number, decision);
        }

        if (policy.Arch == SyscallTable.X8664)
        {
            Append(ranges, X32First, kill);
            Append(ranges, uint.MaxValue, pool.Return(policy.Unlisted));
        }

        return pool.Test(FilterWord.Arch, BpfInstruction.JumpIfEqual, policy.Arch, SearchTree.Build(ranges, pool), kill);
    }

    private static IEnumerable<(uint Number, Decision Decision)> Decisions(ResolvedPolicy policy, DecisionPool pool)
    {
        // libseccomp compiles for the machine it runs on, with the target's numbers: it would translate numbers
        // by name for another architecture, and does not know the newer names. Both are 64-bit little-endian,
        // so an argument is compared alike, and the architecture is checked by our own first instruction.
        var native = LibSeccomp.seccomp_arch_native();
        var readers = Layers(policy).Select(layer => new DecisionReader(layer, native, pool)).ToList();
        var join = new DecisionJoin(pool, Next);
        var end = policy.Clauses.Keys.Max() + 1;
        for (var number = 0; number <= end; number++)
        {
            Decision decision = pool.Return(policy.Unlisted);
            for (var layer = readers.Count - 1; layer >= 0; layer--)
            {
                decision = join.Join(readers[layer].Read(number), decision);
            }

            yield return ((uint)number, decision);
        }
    }

    private static void Append(List<(uint First, Decision Decision)> ranges, uint first, Decision decision)
    {
        if (ranges.Count == 0 || ranges[^1].Decision != decision)
        {
            ranges.Add((first, decision));
        }
    }
}
