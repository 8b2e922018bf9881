using System.Globalization;
using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Resources.Cores;
using Sandbox.Resources.Limits.Cgroups;

namespace Sandbox.Execution;

/// <summary>What is wrong with a host's options, as far as that can be told before a job needs them.</summary>
internal static class OptionCheck
{
    /// <summary>Every problem, one sentence each that begins with the name of the option.</summary>
    public static IReadOnlyList<string> Problems(SandboxOptions options) =>
    [
        .. Cgroup(options.Cgroup),
        .. LeasedCpus(options.LeasedCpus),
        .. Store(options.Store),
        .. Hidden(options.Hidden),
        .. LauncherPath(options.LauncherPath),
        .. Launchers(options.Launchers),
        .. RootUids(options.RootUidRangeStart, options.RootUidRangeLength),
    ];

    private static IEnumerable<string> Cgroup(string? named)
    {
        if (named is null or CgroupChoice.Off)
        {
            yield break;
        }

        foreach (var directory in named.Split(':'))
        {
            if (!Path.IsPathRooted(directory))
            {
                yield return $"{nameof(SandboxOptions.Cgroup)}: \"{directory}\" is neither \"{CgroupChoice.Off}\" nor an absolute path";
            }
            else if (!Directory.Exists(directory))
            {
                yield return $"{nameof(SandboxOptions.Cgroup)}: there is no directory {directory}";
            }
        }
    }

    private static IEnumerable<string> LeasedCpus(string? list)
    {
        if (list is null)
        {
            yield break;
        }

        var problem = CpuSet.TryParse(list, out var pool, out var malformed) ? CpuTopology.OfThisProcess().Problem(pool) : malformed;
        if (problem is not null)
        {
            yield return $"{nameof(SandboxOptions.LeasedCpus)}: {problem}";
        }
    }

    private static IEnumerable<string> Store(string? directory)
    {
        if (directory is not null && !Path.IsPathRooted(directory))
        {
            yield return $"{nameof(SandboxOptions.Store)}: \"{directory}\" is not an absolute path";
        }
    }

    private static IEnumerable<string> Hidden(IReadOnlyList<string> paths) =>
        paths.Where(static path => !Path.IsPathRooted(path)).Select(static path => $"{nameof(SandboxOptions.Hidden)}: \"{path}\" is not an absolute path");

    private static IEnumerable<string> LauncherPath(string? path)
    {
        if (path is not null && !Path.IsPathRooted(path))
        {
            yield return $"{nameof(SandboxOptions.LauncherPath)}: \"{path}\" is not an absolute path";
        }
        else if (path is not null && !File.Exists(path))
        {
            yield return $"{nameof(SandboxOptions.LauncherPath)}: there is no file {path}";
        }
    }

    private static IEnumerable<string> Launchers(int count)
    {
        if (count is < 1 or > JobHost.MostLaunchers)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{nameof(SandboxOptions.Launchers)}: {count} is not between 1 and {JobHost.MostLaunchers}");
        }
    }

    // Uid 0 is root, and 4294967295 means "no uid" to setresuid(2); the ids of jobs with "subIds" follow the range.
    private static IEnumerable<string> RootUids(uint start, uint length)
    {
        const ulong end = uint.MaxValue - SubordinateIds.Most;
        if (start == 0)
        {
            yield return $"{nameof(SandboxOptions.RootUidRangeStart)}: 0 is root, who never enters a job";
        }

        if (length == 0)
        {
            yield return $"{nameof(SandboxOptions.RootUidRangeLength)}: no uid is left for any job";
        }

        if ((ulong)start + length > end)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{nameof(SandboxOptions.RootUidRangeStart)}: the range ends at {(ulong)start + length}, and must at {end}");
        }
    }
}
