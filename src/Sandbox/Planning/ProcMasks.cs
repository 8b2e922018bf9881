using Sandbox.Planning.Steps;

namespace Sandbox.Planning;

/// <summary>What of /proc is about the host and not about the job. What only the host's root may read is hidden all the same, as a second means.</summary>
internal static class ProcMasks
{
    // Pid 1 is no part of the job's control groups, and these would show the way to its own.
    private static readonly string[] s_hiddenOfInit =
    [
        "/proc/1/cgroup",
        "/proc/1/cpuset",
        "/proc/1/task/1/cgroup",
        "/proc/1/task/1/cpuset",
    ];

    private static readonly string[] s_hidden =
    [
        "/proc/acpi",
        "/proc/asound",
        "/proc/cgroups",
        "/proc/cmdline",
        "/proc/interrupts",
        "/proc/kcore",
        "/proc/key-users",
        "/proc/keys",
        "/proc/kmsg",
        "/proc/latency_stats",
        "/proc/scsi",
        "/proc/sysrq-trigger",
        "/proc/timer_list",
    ];

    public static void AddTo(MountTable table, ProcView view)
    {
        foreach (var path in s_hiddenOfInit)
        {
            table.AddPlain(new MaskStep(path, ""));
        }

        if (view == ProcView.Pid)
        {
            return;
        }

        foreach (var path in s_hidden)
        {
            table.AddPlain(new MaskStep(path, ""));
        }

        // To the kernel the job is the user that owns its network and IPC namespaces, and so the owner of
        // their settings. The rest of /proc belongs to the host's root, who is nobody in here.
        table.AddPlain(new MaskStep("/proc/sys", "") { ReadOnly = true });
    }
}
