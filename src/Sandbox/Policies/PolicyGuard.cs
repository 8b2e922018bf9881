using Sandbox.Interop;

namespace Sandbox.Policies;

/// <summary>
/// Part of every policy: what reaches the job's pid 1, switches off what the job is measured with, or takes memory
/// that nothing measures is refused.
/// pid 1 supervises the job and has the job's uid, so to these calls it is a process of the job like any other; what
/// else there is asks for more than the uid (ptrace(2), "Ptrace access mode checking") or is ignored by a pid 1
/// (pid_namespaces(7)). That pid 1 cannot be traced is its own doing, by not being dumpable; here it is said once more.
/// </summary>
/// <remarks>
/// A hard limit on CPU time kills even a pid 1 (prlimit(2), setrlimit(2)): the job then leaves it orphans to reap
/// until the limit is used up, and its result is lost. The others slow the supervisor down.
/// </remarks>
internal static class PolicyGuard
{
    private const ulong PidOne = 1;

    // linux/resource.h and linux/ioprio.h. "Every process of a user" has pid 1 among them, who = 0 means the caller's.
    private const ulong PrioUser = 2;
    private const ulong IoprioWhoUser = 3;

    // linux/prctl.h: every counter that the caller made, which is what the payload did with the task clock of the whole
    // tree before it became the job (perf_event_task_disable in kernel/events/core.c; children inherit the state).
    private const ulong PrTaskPerfEventsDisable = 31;
    private const ulong PrTaskPerfEventsEnable = 32;

    // linux/keyctl.h: gives the parent a session keyring, which for the job's first process is pid 1 (KEYCTL_SESSION_TO_PARENT in keyctl(2)).
    private const ulong KeyctlSessionToParent = 18;

    // Huge pages come from a pool of the host's that no control group of memory counts (cgroup-v2.rst, "hugetlb"), nor the
    // resident size of a process (HugetlbPages in proc(5)). Without a pool mmap(2) says ENOMEM, without hugetlbfs the others ENOSYS.
    private const ulong MapHugetlb = 0x40000;
    private const ulong MfdHugetlb = 4;
    private const ulong ShmHugetlb = 0x800;

    // Groups are out of the job's sight: pid 1 is in the launcher's, the job in one of its own (setpriority(2)).
    private static readonly (string Name, uint Action, ArgumentMatch[] AnyOf)[] s_calls =
    [
        ("prlimit64", PolicyAction.NotPermitted, [Argument(0, PidOne)]),
        ("sched_setaffinity", PolicyAction.NotPermitted, [Argument(0, PidOne)]),
        ("sched_setattr", PolicyAction.NotPermitted, [Argument(0, PidOne)]),
        ("sched_setparam", PolicyAction.NotPermitted, [Argument(0, PidOne)]),
        ("sched_setscheduler", PolicyAction.NotPermitted, [Argument(0, PidOne)]),
        ("setpriority", PolicyAction.NotPermitted, [Argument(0, PrioUser), Argument(1, PidOne)]),
        ("ioprio_set", PolicyAction.NotPermitted, [Argument(0, IoprioWhoUser), Argument(1, PidOne)]),
        ("keyctl", PolicyAction.NotPermitted, [Argument(0, KeyctlSessionToParent)]),
        ("ptrace", PolicyAction.NotPermitted, [Argument(1, PidOne)]),
        ("process_vm_readv", PolicyAction.NotPermitted, [Argument(0, PidOne)]),
        ("process_vm_writev", PolicyAction.NotPermitted, [Argument(0, PidOne)]),
        ("prctl", PolicyAction.NotPermitted, [Argument(0, PrTaskPerfEventsDisable), Argument(0, PrTaskPerfEventsEnable)]),
        ("mmap", PolicyAction.OutOfMemory, [Flag(3, MapHugetlb)]),
        ("memfd_create", PolicyAction.NotImplemented, [Flag(1, MfdHugetlb)]),
        ("shmget", PolicyAction.NotImplemented, [Flag(2, ShmHugetlb)]),
    ];

    /// <summary>Puts the guard before the first clause that would let a call through, so that a policy's "kill" stays one.</summary>
    public static void AddTo(IDictionary<int, List<SyscallClause>> policy, uint unlisted, uint arch)
    {
        foreach (var (name, action, anyOf) in s_calls)
        {
            var number = SyscallTable.Number(name, arch)!.Value;
            var clauses = policy.TryGetValue(number, out var known) ? known : [];
            var at = clauses.FindIndex(clause => PolicyAction.LetsThrough(clause.Action));
            if (at < 0 && (!PolicyAction.LetsThrough(unlisted) || clauses.Exists(clause => clause.IsUnconditional)))
            {
                continue;
            }

            clauses.Insert(at < 0 ? clauses.Count : at, Guard(action, anyOf));
            policy[number] = clauses;
        }
    }

    private static SyscallClause Guard(uint action, ArgumentMatch[] anyOf) => new()
    {
        Action = action,
        Alternatives = [.. anyOf.Select(match => (IReadOnlyList<ArgumentMatch>)[match])],
    };

    // All of them are int to the kernel: what stands in the upper half does not change whom the call reaches.
    private static ArgumentMatch Argument(int argument, ulong value) => new(argument, ArgumentWidths.Low, value);

    private static ArgumentMatch Flag(int argument, ulong bit) => new(argument, bit, bit);
}
