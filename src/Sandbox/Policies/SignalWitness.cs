using Sandbox.Interop;

namespace Sandbox.Policies;

/// <summary>
/// Part of every policy: pid 1 gets to know of calls that send SIGXFSZ, which then go on. The kernel sends that signal
/// for the limit on file sizes, in a way that cannot be told from the job's own; a verdict needs to know (native/launcher/witness.c).
/// </summary>
/// <remarks>
/// Only calls that the policy lets through are told of, none of those it answers or kills for. Not seen: signals that the kernel sends for
/// a job, by a timer or a descriptor, and those whose number is in memory.
/// </remarks>
internal static class SignalWitness
{
    private const ulong SigXfsz = 25;

    // The number of the argument that is the signal; int to the kernel.
    private static readonly (string Name, int Signal)[] s_calls =
    [
        ("kill", 1), ("tkill", 1), ("tgkill", 2), ("rt_sigqueueinfo", 1), ("rt_tgsigqueueinfo", 2), ("pidfd_send_signal", 1),
    ];

    /// <summary>Puts a clause for the signal before each one that allows the call.</summary>
    public static void AddTo(IDictionary<int, List<SyscallClause>> policy, uint arch)
    {
        foreach (var (name, signal) in s_calls)
        {
            if (policy.TryGetValue(SyscallTable.Number(name, arch)!.Value, out var clauses))
            {
                WitnessClauses.AddTo(clauses, PolicyAction.Witness, [[new ArgumentMatch(signal, ArgumentWidths.Low, SigXfsz)]]);
            }
        }
    }
}
