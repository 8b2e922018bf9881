namespace Sandbox.Text;

/// <summary>Absolute, normalised paths inside the sandbox.</summary>
internal static class Paths
{
    /// <summary>The path is the folder or something below it.</summary>
    public static bool IsAtOrBelow(string path, string folder) =>
        path.StartsWith(folder, StringComparison.Ordinal) &&
        (path.Length == folder.Length || path[folder.Length] == '/' || folder.Length == 1);
}
