namespace Sandbox.Host;

/// <summary>A uid_map or gid_map (user_namespaces(7)): which ids of the caller's user namespace exist.</summary>
internal static class UidMap
{
    /// <summary>
    /// Whether a caller with uid 0 has to be taken for the host's root, who never enters a job: jobs get ids of the range
    /// then, or none. Root of a container's user namespace, whose uid 0 is somebody else outside, maps itself like any user.
    /// </summary>
    public static bool IsRealRoot(string map, uint first, uint count)
    {
        if (Covers(map, first, count))
        {
            return true;
        }

        foreach (var line in map.AsSpan().EnumerateLines())
        {
            if (TryParse(line, out var inside, out var outside, out _) && inside == 0)
            {
                return outside == 0;
            }
        }

        return true;
    }

    /// <summary>Whether one line of the map holds the whole range: only then has a root such ids to give to jobs.</summary>
    public static bool Covers(string map, uint first, uint count)
    {
        foreach (var line in map.AsSpan().EnumerateLines())
        {
            if (TryParse(line, out var start, out _, out var length)
                && start <= first && (ulong)first + count <= (ulong)start + length)
            {
                return true;
            }
        }

        return false;
    }

    private static bool TryParse(ReadOnlySpan<char> line, out uint inside, out uint outside, out uint length)
    {
        Span<Range> fields = stackalloc Range[4];
        var count = line.Split(fields, ' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        outside = length = inside = 0;
        return count == 3
            && uint.TryParse(line[fields[0]], out inside)
            && uint.TryParse(line[fields[1]], out outside)
            && uint.TryParse(line[fields[2]], out length);
    }
}
