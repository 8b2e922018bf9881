namespace Sandbox.Text;

/// <summary>Absolute, normalised paths inside the sandbox.</summary>
internal static class Paths
{
    /// <summary>The path is the directory or something below it.</summary>
    public static bool IsAtOrBelow(string path, string directory) =>
        path.StartsWith(directory, StringComparison.Ordinal) &&
        (path.Length == directory.Length || path[directory.Length] == '/' || directory.Length == 1);
}
