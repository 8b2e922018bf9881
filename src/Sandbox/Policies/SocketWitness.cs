using Sandbox.Interop;

namespace Sandbox.Policies;

/// <summary>
/// Part of every policy for a job without a network: pid 1 gets to know of a socket with which names can be asked, before it is
/// there, and sees to it that whoever asks gets an answer (native/launcher/lookups.c).
/// </summary>
internal static class SocketWitness
{
    private const int Family = 0, Type = 1;
    private const ulong Inet = 2, Inet6 = 10, Datagram = 2;

    // Beside the type there are flags in the argument (socket(2)).
    private const ulong TypeMask = 0xf;

    private static readonly IReadOnlyList<ArgumentMatch>[] s_wanted =
    [
        [new(Family, ArgumentWidths.Low, Inet), new(Type, TypeMask, Datagram)],
        [new(Family, ArgumentWidths.Low, Inet6), new(Type, TypeMask, Datagram)],
    ];

    public static void AddTo(IDictionary<int, List<SyscallClause>> policy, uint arch)
    {
        if (policy.TryGetValue(SyscallTable.Number("socket", arch)!.Value, out var clauses))
        {
            WitnessClauses.AddTo(clauses, PolicyAction.WitnessSocket, s_wanted);
        }
    }
}
