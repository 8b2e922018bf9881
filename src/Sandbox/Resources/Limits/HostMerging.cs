using Sandbox.Host;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

/// <summary>Whether the host merges pages of equal content (ksm.rst), which then show in every process that has one.</summary>
internal static class HostMerging
{
    private static readonly Lazy<bool> s_isOn = new(static () => new HostFiles().Text("/sys/kernel/mm/ksm/run").StartsWith('1'));

    /// <summary>It did when the first job asked.</summary>
    public static bool IsOn => s_isOn.Value;
}

/// <summary>Whether the host may swap a job's pages out.</summary>
internal static class HostSwap
{
    private static readonly Lazy<bool> s_isOn = new(Read);

    /// <summary>Swap was on when the first job asked.</summary>
    public static bool IsOn => s_isOn.Value;

    // One heading, then one line per swap area (proc(5)). Where the file cannot be read, swap is assumed.
    private static bool Read()
    {
        if (Libc.OpenForReading("/proc/swaps\0"u8, out var file) < 0)
        {
            return true;
        }

        using (file)
        {
            Span<byte> text = stackalloc byte[256];
            var count = Libc.ReadAt(file, text, 0);
            return count < 0 || text[..count].IndexOf((byte)'\n') + 1 < count;
        }
    }
}

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
