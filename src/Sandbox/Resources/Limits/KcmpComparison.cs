using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

/// <summary>kcmp(2): exact. It wants numbers as the caller sees them, and the right to read both processes (ptrace(2), PTRACE_MODE_READ).</summary>
internal sealed class KcmpComparison : IMemoryComparison
{
    private readonly OutsidePids _pids;

    private KcmpComparison(OutsidePids pids) => _pids = pids;

    /// <inheritdoc/>
    public SharingMeans Means => SharingMeans.Kcmp;

    /// <summary>The kernel has the call (CONFIG_KCMP), and no filter refuses it.</summary>
    public static bool IsAllowed => Libc.CompareMemory(Environment.ProcessId, Environment.ProcessId) == 0;

    /// <summary>Null where that is not allowed, or processes of the job cannot be found from outside.</summary>
    public static KcmpComparison? TryMake(int init, Dictionary<int, TrackedProcess> processes) =>
        init > 0 && IsAllowed && OutsidePids.TryMake(init, processes) is { } pids ? new(pids) : null;

    /// <inheritdoc/>
    public void Begin() => _pids.Begin();

    /// <inheritdoc/>
    public bool IsOne(TrackedProcess one, TrackedProcess other) =>
        _pids.Find(one) is var first and > 0 && _pids.Find(other) is var second and > 0 && Libc.CompareMemory(first, second) == 0;
}
