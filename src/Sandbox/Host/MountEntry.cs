namespace Sandbox.Host;

/// <summary>One line of proc(5) mountinfo.</summary>
internal sealed record MountEntry
{
    /// <summary>The file system's device, as major:minor; the same for all mounts of one.</summary>
    public required string Device { get; init; }

    /// <summary>Directory of the file system that is seen at <see cref="Target"/>.</summary>
    public required string Root { get; init; }

    /// <summary>Where it is seen.</summary>
    public required string Target { get; init; }

    /// <summary>Options of this mount.</summary>
    public required IReadOnlyList<string> Options { get; init; }

    /// <summary>File system type.</summary>
    public required string Type { get; init; }

    /// <summary>Options of the file system; for cgroup version 1 the controllers.</summary>
    public required IReadOnlyList<string> SuperOptions { get; init; }

    /// <summary>Reads one line; null if it is not one.</summary>
    public static MountEntry? Parse(string line)
    {
        var fields = line.Split(' ');
        // A variable number of optional fields ends with a lone hyphen (proc(5)).
        var hyphen = Array.IndexOf(fields, "-");
        if (hyphen < 6 || fields.Length < hyphen + 4)
        {
            return null;
        }

        return new MountEntry
        {
            Device = fields[2],
            Root = Unescaped(fields[3]),
            Target = Unescaped(fields[4]),
            Options = fields[5].Split(','),
            Type = fields[hyphen + 1],
            SuperOptions = fields[hyphen + 3].Split(','),
        };
    }

    // Space, tab, line feed and backslash are three octal digits there (proc(5), mountinfo).
    private static string Unescaped(string field) => field.Contains('\\', StringComparison.Ordinal)
        ? field.Replace(@"\040", " ", StringComparison.Ordinal).Replace(@"\011", "\t", StringComparison.Ordinal)
            .Replace(@"\012", "\n", StringComparison.Ordinal).Replace(@"\134", @"\", StringComparison.Ordinal)
        : field;
}
