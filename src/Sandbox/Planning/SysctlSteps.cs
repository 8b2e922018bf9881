using System.Globalization;
using Sandbox.Planning.Steps;

namespace Sandbox.Planning;

/// <summary>Settings of the job's own namespaces: what holds kernel memory no process is charged for, and what makes namespaces.</summary>
internal static class SysctlSteps
{
    private static readonly (string Setting, string Value)[] s_settings =
    [
        // One more for the payload itself. Seccomp denies the rest first; this is the second means.
        ("user/max_user_namespaces", "1"),
        ("user/max_mnt_namespaces", "0"),
        ("user/max_pid_namespaces", "0"),
        ("user/max_net_namespaces", "0"),
        ("user/max_ipc_namespaces", "0"),
        ("user/max_uts_namespaces", "0"),
        ("user/max_cgroup_namespaces", "0"),
        ("user/max_time_namespaces", "0"),

        // The caller's own quota would otherwise be used up for all its programs (inotify(7)).
        ("user/max_inotify_instances", "128"),
        ("user/max_inotify_watches", "65536"),

        // SysV and POSIX queues: at most 64 of 16 KiB, and RLIMIT_MSGQUEUE bounds the others in bytes.
        ("kernel/msgmni", "64"),
        ("kernel/msgmnb", "16384"),
        ("fs/mqueue/queues_max", "64"),

        // SEMMSL SEMMNS SEMOPM SEMMNI (sem_overview(7) is unaffected: those live in /dev/shm).
        ("kernel/sem", "250 4096 32 64"),
        ("kernel/shmmni", "256"),
    ];

    public static void AddTo(List<PlanStep> steps, ResourceLimits limits, int pageBytes)
    {
        foreach (var (setting, value) in s_settings)
        {
            steps.Add(new SysctlStep(setting, value, ""));
        }

        if (limits.MemoryBytes is not { } memory)
        {
            return;
        }

        // A segment nobody has attached is in no process's memory (shmget(2)).
        steps.Add(new SysctlStep("kernel/shmmax", Text(memory), "/limits/memory"));
        steps.Add(new SysctlStep("kernel/shmall", Text(Math.Max(1, memory / pageBytes)), "/limits/memory"));
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
