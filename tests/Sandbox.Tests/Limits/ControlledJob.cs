using Sandbox.Interop;
using Sandbox.Resources.Limits;
using Sandbox.Resources.Limits.Cgroups;

namespace Sandbox.Tests.Limits;

/// <summary>A job that asks for every control of the kernel, and what its control groups may hold of it.</summary>
internal static class ControlledJob
{
    public const long Mebibyte = 1 << 20;
    public const string Outer = "a control group above the job's allows no more";

    public static ResourceLimits Asked { get; } = new()
    {
        CpuTime = TimeSpan.FromSeconds(2),
        MemoryBytes = 512 * Mebibyte,
        Processes = 128,
        Cpus = 1.5,
        MemoryHighBytes = 256 * Mebibyte,
        IoReadBytes = Mebibyte,
        IoWriteBytes = 2 * Mebibyte,
    };

    public static CgroupHolds All() => new()
    {
        MemoryBy = Mechanism.Cgroup2,
        MemoryBytes = 512 * Mebibyte,
        MemoryHighBytes = 256 * Mebibyte,
        CpuTimeBy = Mechanism.Cgroup2,
        TasksBy = Mechanism.Cgroup2,
        Tasks = 128,
        BandwidthBy = Mechanism.Cgroup2,
        Cpus = 1.5,
        IoBy = Mechanism.Cgroup2,
        IoReadBytes = Mebibyte,
        IoWriteBytes = 2 * Mebibyte,
    };

    public static CgroupHolds Narrow() => All() with { MemoryBytes = 256 * Mebibyte, Tasks = 64, Cpus = 0.5 };

    public static Enforcement Held(double value, Mechanism by) => new() { Requested = value, Effective = value, By = by };

    public static EnforcementFacts Facts(CgroupHolds holds) => new() { PerfAvailable = false, Ceilings = new(), Cgroup = holds };

    public static EnforcementFacts Processors(CgroupHolds holds) => Facts(holds) with { Cpus = CpuSet.Of(0, 1) };

    public static IReadOnlyDictionary<string, Enforcement> Build(CgroupHolds holds) => EnforcementReport.Build(Asked, Facts(holds));

    public static void Check(CgroupHolds holds, string name) => RequireCheck.Check([name], Build(holds), holds);
}
