namespace Sandbox.Jobs;

/// <summary>How an image is named: by the path of what holds it, or by what the image store calls it.</summary>
internal static class ImageReference
{
    private static readonly string[] s_endings = [".tar", ".tar.gz", ".tgz", ".tar.zst"];

    /// <summary>It starts as a path does, or ends as an archive does; a name of the store never does either.</summary>
    public static bool IsPath(string reference) =>
        reference is "." or ".." || reference.StartsWith('/') || reference.StartsWith("./", StringComparison.Ordinal) ||
        reference.StartsWith("../", StringComparison.Ordinal) ||
        Array.Exists(s_endings, ending => reference.EndsWith(ending, StringComparison.Ordinal));
}
