namespace Sandbox.Server.Fronts.GoJudge;

/// <summary>Names of files of a command, as paths inside its sandbox.</summary>
internal static class CommandPaths
{
    /// <summary>Where a command starts.</summary>
    public const string WorkingDirectory = "/w";

    private static readonly string[] s_writable = [WorkingDirectory, "/tmp", "/dev/shm"];

    /// <summary>The absolute path without <c>.</c> and <c>..</c>; null for a name that is none.</summary>
    /// <param name="name">Relative to the working directory, or absolute.</param>
    public static string? Of(string name)
    {
        if (name.Length == 0 || name.Contains('\0', StringComparison.Ordinal))
        {
            return null;
        }

        var parts = new List<string>();
        foreach (var part in (name.StartsWith('/') ? name : $"{WorkingDirectory}/{name}").Split('/'))
        {
            if (part == "..")
            {
                if (parts.Count == 0)
                {
                    return null;
                }

                parts.RemoveAt(parts.Count - 1);
            }
            else if (part is not ("" or "."))
            {
                parts.Add(part);
            }
        }

        return parts.Count == 0 ? null : "/" + string.Join('/', parts);
    }

    /// <summary>A command may write there, so that a file can be put there for it.</summary>
    public static bool IsWritable(string path) => s_writable.Any(directory => path.Length > directory.Length && path.StartsWith(directory, StringComparison.Ordinal) && path[directory.Length] == '/');

    /// <summary>It would be taken for a pattern where outputs are collected.</summary>
    public static bool IsPattern(string path) => path.AsSpan().IndexOfAny('*', '?') >= 0;
}
