using System.Globalization;

namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>Names of the groups that this program makes. Nothing else may match them: what nobody holds of these is removed.</summary>
internal static class CgroupNames
{
    /// <summary>What the groups of jobs begin with.</summary>
    public const string JobPrefix = "sandbox-job.";

    /// <summary>The group for those who lived in a folder that hands on controllers now; one for each folder, shared and kept.</summary>
    public const string Room = "sandbox-room";

    private static long s_last;

    /// <summary>A name for a job's groups that no living host has used: by process, moment and count. A namesake of a process in another pid namespace is refused by mkdir(2), not mixed up.</summary>
    public static string NewJob() => string.Create(
        CultureInfo.InvariantCulture, $"{JobPrefix}{Environment.ProcessId}-{Environment.TickCount64:x}-{Interlocked.Increment(ref s_last):x}");

    /// <summary>Whether it is such a name, to the letter.</summary>
    public static bool IsJob(string name)
    {
        if (!name.StartsWith(JobPrefix, StringComparison.Ordinal))
            return false;

        var parts = name[JobPrefix.Length..].Split('-');
        return parts.Length == 3 && parts.All(static part => part.Length > 0 && part.All(char.IsAsciiHexDigitLower)) && parts[0].All(char.IsAsciiDigit);
    }
}
