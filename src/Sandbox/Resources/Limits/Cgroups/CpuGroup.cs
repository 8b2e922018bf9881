using System.Globalization;

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
    public static CpuGroup? OfVersion2(CgroupFolder folder) =>
        ControlFile.Open(folder, "cpu.stat") is { } stat ? new CpuGroup(stat, null, null) : null;

    /// <summary>Version 1: the controller <c>cpuacct</c> (cgroup-v1/cpuacct.rst), in nanoseconds.</summary>
    public static CpuGroup? OfVersion1(CgroupFolder folder) =>
        ControlFile.Open(folder, "cpuacct.usage") is { } usage ? new CpuGroup(null, usage, ControlFile.Open(folder, "cpuacct.usage_user")) : null;

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
                return;

            Total = TimeSpan.FromMicroseconds(ControlFile.ValueIn(text, "usage_usec"u8));
            User = TimeSpan.FromMicroseconds(ControlFile.ValueIn(text, "user_usec"u8));
            return;
        }

        var usage = _usage!.Number();
        if (_usage.IsLost)
            return;

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
