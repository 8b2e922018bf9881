namespace Sandbox.Policies;

/// <summary>
/// Part of every policy: what reaches the job's pid 1 is refused. pid 1 supervises the job and has the job's uid,
/// so to these calls it is a process of the job like any other; what else there is asks for more than the uid
/// (ptrace(2), "Ptrace access mode checking") or is ignored by a pid 1 (pid_namespaces(7)).
/// </summary>
/// <remarks>
/// A hard limit on CPU time kills even a pid 1 (prlimit(2), setrlimit(2)): the job then leaves it orphans to reap
/// until the limit is used up, and its result is lost. The others slow the supervisor down.
/// </remarks>
internal static class InitGuard
{
    private const ulong PidOne = 1;

    // linux/resource.h and linux/ioprio.h. "Every process of a user" has pid 1 among them, who = 0 means the caller's.
    private const ulong PrioUser = 2;
    private const ulong IoprioWhoUser = 3;

    // Groups are out of the job's sight: pid 1 is in the launcher's, the job in one of its own (setpriority(2)).
    private static readonly (string Name, ArgumentMatch[] AnyOf)[] s_calls =
    [
        ("prlimit64", [Argument(0, PidOne)]),
        ("sched_setaffinity", [Argument(0, PidOne)]),
        ("sched_setattr", [Argument(0, PidOne)]),
        ("sched_setparam", [Argument(0, PidOne)]),
        ("sched_setscheduler", [Argument(0, PidOne)]),
        ("setpriority", [Argument(0, PrioUser), Argument(1, PidOne)]),
        ("ioprio_set", [Argument(0, IoprioWhoUser), Argument(1, PidOne)]),
    ];

    /// <summary>Puts the guard before the first clause that would let a call through, so that a policy's "kill" stays one.</summary>
    public static void AddTo(IDictionary<int, List<SyscallClause>> policy, uint unlisted, uint arch)
    {
        foreach (var (name, anyOf) in s_calls)
        {
            var number = SyscallTable.Number(name, arch)!.Value;
            var clauses = policy.TryGetValue(number, out var known) ? known : [];
            var at = clauses.FindIndex(clause => PolicyAction.LetsThrough(clause.Action));
            if (at < 0 && (!PolicyAction.LetsThrough(unlisted) || clauses.Exists(clause => clause.IsUnconditional)))
                continue;
            clauses.Insert(at < 0 ? clauses.Count : at, Guard(anyOf));
            policy[number] = clauses;
        }
    }

    private static SyscallClause Guard(ArgumentMatch[] anyOf) => new()
    {
        Action = PolicyAction.NotPermitted,
        Alternatives = [.. anyOf.Select(match => (IReadOnlyList<ArgumentMatch>)[match])],
    };

    // All of them are int to the kernel: what stands in the upper half does not change whom the call reaches.
    private static ArgumentMatch Argument(int argument, ulong value) => new(argument, ArgumentWidths.Low, value);
}
