using System.Globalization;

namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>Names of the groups that this program makes.</summary>
internal static class CgroupNames
{
    /// <summary>What all of them begin with, so that a later host finds those of a dead one.</summary>
    public const string Prefix = "sandbox.";

    private static long s_last;

    /// <summary>A name that no living host has used: by process, moment and count. A namesake of a process in another pid namespace would be an error, not a mix-up: mkdir(2) says EEXIST.</summary>
    public static string New() => string.Create(
        CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{Environment.TickCount64:x}-{Interlocked.Increment(ref s_last):x}");
}
