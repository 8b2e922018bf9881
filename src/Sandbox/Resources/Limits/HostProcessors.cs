using Sandbox.Host;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

/// <summary>How many processors a job can keep busy at most.</summary>
/// <remarks>
/// Not <see cref="Environment.ProcessorCount"/>: the runtime answers for itself, by its own affinity and the bandwidth of its
/// own control group, and the job has neither.
/// </remarks>
internal static class HostProcessors
{
    private static readonly Lazy<int> s_online = new(Read);

    /// <summary>Processors that are online.</summary>
    public static int Online => s_online.Value;

    private static int Read() =>
        CpuSet.TryParse(new HostFiles().Text("/sys/devices/system/cpu/online").Trim(), out var online, out _)
            ? online.Count
            : Math.Max(Environment.ProcessorCount, 1024); // where sysfs is hidden: too many looks are better than one too late
}
