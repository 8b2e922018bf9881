namespace Sandbox.Host;

/// <summary>A uid_map or gid_map (user_namespaces(7)): which ids of the caller's user namespace exist.</summary>
internal static class UidMap
{
    /// <summary>Whether one line of the map holds the whole range: only then has a root such ids to give to jobs.</summary>
    public static bool Covers(string map, uint first, uint count)
    {
        foreach (var line in map.AsSpan().EnumerateLines())
        {
            if (TryParse(line, out var start, out var length)
                && start <= first && (ulong)first + count <= (ulong)start + length)
            {
                return true;
            }
        }

        return false;
    }

    private static bool TryParse(ReadOnlySpan<char> line, out uint start, out uint length)
    {
        length = 0;
        line = line.Trim();
        var firstGap = line.IndexOf(' ');
        var lastGap = line.LastIndexOf(' ');
        return uint.TryParse(firstGap < 0 ? line : line[..firstGap], out start)
            && uint.TryParse(line[(lastGap + 1)..], out length);
    }
}
