namespace Sandbox.Cli.Run;

/// <summary>What of the host has to be shown for programs that lie outside of its toolchain directories.</summary>
/// <param name="Directories">Absolute, without links: each is shown where it is.</param>
/// <param name="Paths">What comes first in PATH.</param>
internal sealed record HostProgram(IReadOnlyList<string> Directories, IReadOnlyList<string> Paths)
{
    /// <summary>What a job has if nobody says otherwise.</summary>
    public const string UsualPath = "/usr/local/bin:/usr/bin:/bin";

    private static readonly string[] s_shown = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

    /// <summary>The options that show it.</summary>
    public string Options => string.Join(' ', Directories.Select(directory => $"-v {Quote(directory)}:{Quote(directory)}").Append($"-e PATH={Quote(string.Join(':', [.. Paths, UsualPath]))}"));

    /// <summary>The file that a name means by a PATH, or the name itself if it has a slash; null for none.</summary>
    public static string? Find(string name, string? path) => name.Contains('/')
        ? (Path.IsPathRooted(name) && IsProgram(name) ? name : null)
        : (path ?? "").Split(':').Where(Path.IsPathRooted).Select(directory => directory.TrimEnd('/') + "/" + name).FirstOrDefault(IsProgram);

    /// <summary>A job with the host's toolchain sees the file anyway.</summary>
    public static bool IsShown(string file) =>
        Array.Exists(s_shown, directory => file == directory || file.StartsWith(directory + "/", StringComparison.Ordinal));

    /// <summary>What a program needs that the host has at a path; null if it cannot be shown.</summary>
    /// <param name="file">Absolute.</param>
    /// <param name="variable">The caller's environment.</param>
    public static HostProgram? Of(string file, Func<string, string?> variable)
    {
        var tools = new HostTools(variable);
        tools.AddProgram(file);
        return tools.Shown.Directories.Count == 0 ? null : tools.Shown;
    }

    // A file of the caller's own machine, so no pattern of a hostile name matters: what a shell would take apart is quoted.
    private static string Quote(string word) => word.All(letter => char.IsAsciiLetterOrDigit(letter) || "/._-+:@".Contains(letter, StringComparison.Ordinal)) ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static bool IsProgram(string path) =>
        File.Exists(path) && (new FileInfo(path).UnixFileMode & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;
}
