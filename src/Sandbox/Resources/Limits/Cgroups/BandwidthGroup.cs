using System.Globalization;

namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>The cpu controller over one job: how much CPU time it gets in each tenth of a second (cgroup-v2.rst, "cpu.max"; scheduler/sched-bwc.rst).</summary>
internal sealed class BandwidthGroup(CgroupFolder folder, double? shareAbove, bool isVersion2) : IDisposable
{
    private const long PeriodMicroseconds = 100_000;

    // The kernel takes no quota below a millisecond (sched-bwc.rst).
    private const long LeastQuotaMicroseconds = 1_000;

    private readonly ControlFile? _stat = ControlFile.Open(folder, "cpu.stat");

    /// <summary>CPUs' worth of time the job may use, read back; null for no limit.</summary>
    public double? EffectiveCpus { get; private set; }

    /// <summary>How long the job had to wait for its next period.</summary>
    public TimeSpan Throttled => isVersion2
        ? TimeSpan.FromMicroseconds(_stat?.Value("throttled_usec"u8) ?? 0)
        : TimeSpan.FromTicks((_stat?.Value("throttled_time"u8) ?? 0) / TimeSpan.NanosecondsPerTick);

    /// <summary>Sets the bandwidth and reads back what the kernel made of it.</summary>
    /// <exception cref="SandboxException">The kernel refuses it.</exception>
    public void Limit(double? cpus)
    {
        if (cpus is not { } asked)
            return;

        var quota = Math.Max(LeastQuotaMicroseconds, (long)Math.Round(asked * PeriodMicroseconds));
        if (isVersion2)
        {
            folder.Set("cpu.max", string.Create(CultureInfo.InvariantCulture, $"{quota} {PeriodMicroseconds}"), "/limits/cpus");
        }
        else
        {
            folder.Set("cpu.cfs_period_us", PeriodMicroseconds.ToString(CultureInfo.InvariantCulture), "/limits/cpus");
            LimitVersion1(quota);
        }

        EffectiveCpus = ReadBack();
    }

    /// <inheritdoc/>
    public void Dispose() => _stat?.Dispose();

    // Version 2 takes more than the group above has, to no effect; version 1 refuses it (tg_cfs_schedulable_down).
    private void LimitVersion1(long quota)
    {
        var error = folder.Write("cpu.cfs_quota_us", quota.ToString(CultureInfo.InvariantCulture));
        if (error == -Interop.Errno.EINVAL && shareAbove is { } above)
            quota = (long)(above * PeriodMicroseconds);
        if (error < 0)
            folder.Set("cpu.cfs_quota_us", quota.ToString(CultureInfo.InvariantCulture), "/limits/cpus");
    }

    /// <summary>The share that a group of version 1 has; null for no limit.</summary>
    public static double? Share(CgroupFolder group) =>
        group.Number("cpu.cfs_quota_us") is { } quota && group.Number("cpu.cfs_period_us") is { } period ? (double)quota / period : null;

    private double? ReadBack() => isVersion2
        ? Ratio(folder.Read("cpu.max"))
        : Share(folder);

    /// <summary>The share that a <c>cpu.max</c> allows; null for <c>max</c>.</summary>
    public static double? Ratio(string? text)
    {
        var fields = (text ?? "").Split(' ');
        return fields.Length == 2
            && long.TryParse(fields[0], CultureInfo.InvariantCulture, out var quota)
            && long.TryParse(fields[1], CultureInfo.InvariantCulture, out var period)
            ? (double)quota / period
            : null;
    }
}
