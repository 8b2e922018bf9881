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
                AddTo(clauses, new ArgumentMatch(signal, ArgumentWidths.Low, SigXfsz));
        }
    }

    private static void AddTo(List<SyscallClause> clauses, ArgumentMatch signal)
    {
        for (var at = clauses.Count - 1; at >= 0; at--)
        {
            if (clauses[at].Action != PolicyAction.Allow)
                continue;
            List<IReadOnlyList<ArgumentMatch>> told = [.. clauses[at].Alternatives.Select(matches => With(matches, signal)).OfType<List<ArgumentMatch>>()];
            if (told.Count > 0)
                clauses.Insert(at, new SyscallClause { Action = PolicyAction.Witness, Alternatives = told });
        }
    }

    // libseccomp compares an argument once in a rule: where the policy looks at the number too, ours is the narrower comparison.
    private static List<ArgumentMatch>? With(IReadOnlyList<ArgumentMatch> matches, ArgumentMatch signal)
    {
        var others = new List<ArgumentMatch>(matches.Count + 1) { signal };
        foreach (var match in matches)
        {
            if (match.Argument != signal.Argument)
                others.Add(match);
            else if ((match.Mask & ~signal.Mask) != 0 || (signal.Value & match.Mask) != match.Value)
                return null;
        }

        return others;
    }
}
