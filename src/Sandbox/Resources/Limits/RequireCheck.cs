using Sandbox.Resources.Limits.Cgroups;

namespace Sandbox.Resources.Limits;

/// <summary>Refuses jobs that require a limit to be held by the kernel where only the sandbox's own watching holds it, or less than was asked.</summary>
internal static class RequireCheck
{
    private const string NoCgroup = "needs a control group, and this host gives the job none for it";

    /// <summary>How processes are held where jobs have several ids.</summary>
    /// <remarks>RLIMIT_NPROC counts the tasks of a user (getrlimit(2)); that of the user namespace counts one of ours too (limit_all_ids, init.c).</remarks>
    public const string ForEachId = "for each of the job's ids, and with one more for all of them together";

    /// <summary>Throws for the first limit in <paramref name="require"/> that the kernel does not hold as asked.</summary>
    /// <exception cref="SandboxException">A required limit is lifted, clamped, or held by the watchdog only.</exception>
    public static void Check(IReadOnlyList<string> require, IReadOnlyDictionary<string, Enforcement> report, CgroupHolds group)
    {
        for (var i = 0; i < require.Count; i++)
        {
            if ((Weakness(require[i], report) ?? (require[i] == "memory" ? group.MemoryWeakness : null)) is not { } weakness)
            {
                continue;
            }

            throw new SandboxException($"required limit {require[i]}: {weakness}")
            {
                Operation = Operation.RequireLimit,
                Subject = require[i],
                Pointer = $"/require/{i}",
                Hint = report.TryGetValue(require[i], out var entry) ? Hint(require[i], entry.IsClamped, entry.By) : Hint(require[i], false, Mechanism.None),
            };
        }
    }

    /// <summary>No less than asked but for a part of a quantum: a quota is whole microseconds of a tenth of a second.</summary>
    public static bool IsOneQuantum(double? requested, double? effective) => Math.Abs((requested - effective) ?? 0) < 2e-5;

    /// <summary>No less than asked but for a part of a page.</summary>
    public static bool IsRounded(double? requested, double? effective) =>
        requested - effective is { } lost && lost >= 0 && lost < Environment.SystemPageSize;

    private static string? Weakness(string name, IReadOnlyDictionary<string, Enforcement> report)
    {
        if (!report.TryGetValue(name, out var entry) || entry.Requested is null)
        {
            return "the job sets no such limit";
        }

        if (entry.IsClamped)
        {
            return $"the host's hard limit allows {entry.Effective:0.##}, the job asks for {entry.Requested:0.##}";
        }

        if (name is "memory" or "cpuTime" && !entry.By.IsCgroup())
        {
            return NoCgroup;
        }

        if (entry.By is Mechanism.Watchdog)
        {
            return "is held by the watchdog, not by the kernel";
        }

        if (entry.IsForEachId)
        {
            return "is held " + ForEachId;
        }

        if (entry.By is Mechanism.Affinity)
        {
            return "is held by the processes' affinity only, which they may change";
        }

        if (entry.Effective is not { } effective)
        {
            return "could not be read back from the kernel";
        }

        var isExact = name switch
        {
            "memory" => IsRounded(entry.Requested, effective),
            "cpus" => IsOneQuantum(entry.Requested, effective),
            _ => effective >= entry.Requested,
        };
        if (!isExact && effective < entry.Requested)
        {
            return $"a control group above the job's allows {effective:0.##}, the job asks for {entry.Requested:0.##}";
        }

        return null;
    }

    private static string Hint(string name, bool isClamped, Mechanism by) => isClamped || by == Mechanism.Rlimit
        ? $"take \"{name}\" out of require, or raise the hard limit of the account that starts jobs (limits.conf(5))"
        : name == "disk" ? "take \"disk\" out of require, or use Linux 6.6 or later, whose tmpfs can hold the changes of overlays"
        : by == Mechanism.None || name == "idleTime" ? $"take \"{name}\" out of require"
        : $"\"sandbox doctor\" says how to get a control group that holds it; or take \"{name}\" out of require to accept what the result's enforcement describes";
}
