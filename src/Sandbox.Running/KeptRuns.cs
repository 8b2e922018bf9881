namespace Sandbox.Running;

/// <summary>The detached runs that are kept, and what bounds them: they are in memory, as a rule (tmpfs(5)).</summary>
internal static class KeptRuns
{
    /// <summary>So many are kept of those that are over; the oldest go first.</summary>
    public const int Most = 32;

    /// <summary>So much may they take together; the last one is kept whatever it takes.</summary>
    public const long MostBytes = 64L << 20;

    // Between the directory and the lock in it there is a moment.
    private static readonly TimeSpan s_toBegin = TimeSpan.FromMinutes(1);

    /// <summary>All of them, the oldest first.</summary>
    public static IReadOnlyList<KeptRun> All(RunDirectory directory)
    {
        try
        {
            // Ids are ordered by their time.
            return [.. Directory.GetDirectories(directory.Runs).Where(static place => !IsUnfinished(place)).Order(StringComparer.Ordinal).Select(KeptRun.At).OfType<KeptRun>()];
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <summary>Removes what there is no room for, and what processes have left that were killed before their job had begun.</summary>
    public static void Bound(RunDirectory directory)
    {
        var (count, bytes) = (0, 0L);
        foreach (var run in All(directory).Reverse().Where(static run => !run.IsHeld))
        {
            bytes += run.Bytes;
            if (++count > Most || (count > 1 && bytes > MostBytes))
            {
                run.Remove();
            }
        }

        foreach (var place in Directory.GetDirectories(directory.Runs).Where(IsUnfinished))
        {
            if (!KeptRun.IsHeldAt(place) && TimeProvider.System.GetUtcNow() - Directory.GetLastWriteTimeUtc(place) > s_toBegin)
            {
                KeptRun.Remove(place);
            }
        }
    }

    /// <summary>The place of a run that has no id yet.</summary>
    public static string NewPlace(RunDirectory directory) => $"{directory.Runs}/.{Guid.NewGuid():N}";

    private static bool IsUnfinished(string place) => Path.GetFileName(place).StartsWith('.');
}
