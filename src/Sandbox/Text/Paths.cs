namespace Sandbox.Text;

/// <summary>Absolute, normalised paths inside the sandbox.</summary>
internal static class Paths
{
    /// <summary>The path is the directory or something below it.</summary>
    public static bool IsAtOrBelow(string path, string directory) =>
        path.StartsWith(directory, StringComparison.Ordinal) &&
        (path.Length == directory.Length || path[directory.Length] == '/' || directory.Length == 1);

    /// <summary>The path of something at or below one directory, if that were another one.</summary>
    public static string Moved(string path, string from, string to)
    {
        var rest = path[(from.Length == 1 ? 0 : from.Length)..];
        return rest is "" or "/" ? to : to.TrimEnd('/') + rest;
    }
}
