using Sandbox.Planning.Steps;

namespace Sandbox.Planning;

/// <summary>What of /proc is about the host and not about the job. Most of it belongs to real root anyway; this is the second means.</summary>
internal static class ProcMasks
{
    private static readonly string[] s_hidden =
    [
        "/proc/acpi",
        "/proc/asound",
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

    private static readonly string[] s_readOnly = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys"];

    public static void AddTo(MountTable table)
    {
        foreach (var path in s_hidden)
        {
            table.AddPlain(new MaskStep(path));
        }

        foreach (var path in s_readOnly)
        {
            table.AddPlain(new MaskStep(path) { ReadOnly = true });
        }
    }
}
