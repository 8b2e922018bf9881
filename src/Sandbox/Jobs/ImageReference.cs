namespace Sandbox.Jobs;

/// <summary>What people write to mean an image: a path, a digest or a name.</summary>
internal static class ImageReference
{
    private static readonly string[] s_endings = [".tar", ".tar.gz", ".tgz", ".tar.zst"];

    /// <summary>The name of an archive's file without its ending.</summary>
    public static string WithoutEnding(string file) =>
        s_endings.FirstOrDefault(ending => file.EndsWith(ending, StringComparison.Ordinal)) is { } ending ? file[..^ending.Length] : file;

    /// <summary>It is the path of an archive or a folder; otherwise a digest or a name.</summary>
    public static bool IsPath(string reference) =>
        reference.StartsWith('/') || reference is "." or ".." ||
        reference.StartsWith("./", StringComparison.Ordinal) || reference.StartsWith("../", StringComparison.Ordinal) ||
        s_endings.Any(ending => reference.EndsWith(ending, StringComparison.Ordinal));
}
