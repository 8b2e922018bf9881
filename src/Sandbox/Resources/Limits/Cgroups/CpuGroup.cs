using System.Globalization;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>CPU time of one job as the scheduler charges it: every process that was ever in the group, whoever its parent was.</summary>
internal sealed class CpuGroup : IDisposable
{
    private readonly ControlFile? _stat;
    private readonly ControlFile? _usage;
    private readonly ControlFile? _userUsage;

    private CpuGroup(ControlFile? stat, ControlFile? usage, ControlFile? userUsage) => (_stat, _usage, _userUsage) = (stat, usage, userUsage);

    /// <summary>CPU time so far, what the sandbox used before execve included.</summary>
    public TimeSpan Total { get; private set; }

    /// <summary>The part of <see cref="Total"/> spent in user mode.</summary>
    public TimeSpan User { get; private set; }

    /// <summary>Version 2: <c>cpu.stat</c>, which every group has, with or without the controller. Null where it cannot be read.</summary>
    public static CpuGroup? OfVersion2(CgroupDirectory directory) =>
        ControlFile.Open(directory, "cpu.stat") is { } stat ? new CpuGroup(stat, null, null) : null;

    /// <summary>Version 1: the controller <c>cpuacct</c> (cgroup-v1/cpuacct.rst), in nanoseconds.</summary>
    public static CpuGroup? OfVersion1(CgroupDirectory directory) =>
        ControlFile.Open(directory, "cpuacct.usage") is { } usage ? new CpuGroup(null, usage, ControlFile.Open(directory, "cpuacct.usage_user")) : null;

    /// <summary>The group is gone: nothing is counted any more.</summary>
    public bool IsLost => (_stat ?? _usage) is { IsLost: true };

    /// <summary>It cannot be looked at for want of descriptors.</summary>
    public bool IsStarved => (_stat ?? _usage) is { IsStarved: true };

    /// <summary>Reads it anew. A process that runs right now is charged at the next tick of its CPU, at most 10 ms later.</summary>
    public void Look()
    {
        if (_stat is { } stat)
        {
            var text = stat.Text();
            if (stat.IsLost)
            {
                return;
            }

            Total = TimeSpan.FromMicroseconds(ControlFile.ValueIn(text, "usage_usec"u8));
            User = TimeSpan.FromMicroseconds(ControlFile.ValueIn(text, "user_usec"u8));
            return;
        }

        var usage = _usage!.Number();
        if (_usage.IsLost)
        {
            return;
        }

        Total = TimeSpan.FromTicks(usage / TimeSpan.NanosecondsPerTick);
        User = TimeSpan.FromTicks((_userUsage?.Number() ?? 0) / TimeSpan.NanosecondsPerTick);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stat?.Dispose();
        _usage?.Dispose();
        _userUsage?.Dispose();
    }
}

/// <summary>The cpu controller over one job: how much CPU time it gets in each tenth of a second (cgroup-v2.rst, "cpu.max"; scheduler/sched-bwc.rst).</summary>
internal sealed class BandwidthGroup(CgroupDirectory directory, double? shareAbove, bool isVersion2) : IDisposable
{
    private const long PeriodMicroseconds = 100_000;

    // The kernel takes no quota below a millisecond (sched-bwc.rst).
    private const long LeastQuotaMicroseconds = 1_000;

    private const int UsualWeight = 100;
    private const int UsualShares = 1024;
    private const int LeastShares = 2;
    private const int MostShares = 1 << 18;

    private readonly ControlFile? _stat = ControlFile.Open(directory, "cpu.stat");

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
        {
            return;
        }

        var quota = Math.Max(LeastQuotaMicroseconds, (long)Math.Round(asked * PeriodMicroseconds));
        if (isVersion2)
        {
            directory.Set("cpu.max", string.Create(CultureInfo.InvariantCulture, $"{quota} {PeriodMicroseconds}"), "/limits/cpus");
        }
        else
        {
            directory.Set("cpu.cfs_period_us", PeriodMicroseconds.ToString(CultureInfo.InvariantCulture), "/limits/cpus");
            LimitVersion1(quota);
        }

        EffectiveCpus = ReadBack();
    }

    /// <summary>The job's share, as of version 2, read back; null where none was asked for.</summary>
    public int? EffectiveWeight { get; private set; }

    /// <summary>Sets the share of processors that others want as well, 1 to 10000, where 100 is usual.</summary>
    /// <exception cref="SandboxException">The kernel refuses it.</exception>
    public void Weigh(int? weight)
    {
        if (weight is not { } asked)
        {
            return;
        }

        // Of version 1 shares go from 2 to 2^18, and 1024 are usual (sched-design-CFS.rst; MIN_SHARES, MAX_SHARES).
        var shares = Math.Clamp(asked * UsualShares / UsualWeight, LeastShares, MostShares);
        directory.Set(isVersion2 ? "cpu.weight" : "cpu.shares", (isVersion2 ? asked : shares).ToString(CultureInfo.InvariantCulture), "/limits/cpuWeight");
        EffectiveWeight = directory.Number(isVersion2 ? "cpu.weight" : "cpu.shares") is { } held ? (int)(isVersion2 ? held : (held * UsualWeight + UsualShares / 2) / UsualShares) : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _stat?.Dispose();

    // Version 2 takes more than the group above has, to no effect; version 1 refuses it (tg_cfs_schedulable_down).
    private void LimitVersion1(long quota)
    {
        var error = directory.Write("cpu.cfs_quota_us", quota.ToString(CultureInfo.InvariantCulture));
        if (error == -Interop.Errno.EINVAL && shareAbove is { } above)
        {
            quota = (long)(above * PeriodMicroseconds);
        }

        if (error < 0)
        {
            directory.Set("cpu.cfs_quota_us", quota.ToString(CultureInfo.InvariantCulture), "/limits/cpus");
        }
    }

    /// <summary>The share that a group of version 1 has; null for no limit.</summary>
    public static double? Share(CgroupDirectory group) =>
        group.Number("cpu.cfs_quota_us") is { } quota && group.Number("cpu.cfs_period_us") is { } period ? (double)quota / period : null;

    private double? ReadBack() => isVersion2
        ? Ratio(directory.Read("cpu.max"))
        : Share(directory);

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

/// <summary>The cpuset controller over one job: processors that no call of the job can leave (cgroup-v2.rst, "Cpuset").</summary>
internal sealed class CpusetGroup(CgroupDirectory directory, bool isVersion2)
{
    /// <summary>The processors the job really has, read back; null where none were set.</summary>
    public CpuSet? Effective { get; private set; }

    /// <summary>Makes a group of version 1 fit to be joined: it has neither processors nor memory nodes until it is given some (cpuset(7)).</summary>
    public void Inherit(CgroupDirectory parent)
    {
        if (isVersion2)
        {
            return;
        }

        directory.Set("cpuset.mems", parent.Read("cpuset.effective_mems") ?? "", "/cpuset");
        directory.Set("cpuset.cpus", parent.Read("cpuset.effective_cpus") ?? "", "/cpuset");
    }

    /// <summary>Sets the processors and reads back which of them there are.</summary>
    /// <exception cref="SandboxException">None of them is there.</exception>
    public void Limit(CpuSet? cpus)
    {
        if (cpus is null)
        {
            return;
        }

        directory.Set("cpuset.cpus", cpus.ToString(), "/cpuset");
        var text = directory.Read(isVersion2 ? "cpuset.cpus.effective" : "cpuset.effective_cpus") ?? "";
        Effective = CpuSet.TryParse(text, out var effective, out _) ? effective : null;
    }
}
