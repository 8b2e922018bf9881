using System.Text.Json;
using Sandbox.Hashing;

namespace Sandbox.Jobs;

/// <summary>
/// Makes the host paths of a job file absolute. Nothing is resolved and <c>..</c> stays: after a symbolic
/// link only the kernel knows where it leads (path_resolution(7)).
/// </summary>
/// <param name="baseDirectory">Where relative paths start from; empty refuses them.</param>
/// <param name="limits">What the file does not say of limits; null for the usual ones.</param>
internal sealed class HostPaths(string baseDirectory, ResourceLimits? limits = null)
{
    /// <summary>The limits of a job that names none.</summary>
    public ResourceLimits Limits { get; } = limits ?? new();

    /// <summary>Reads the current member as a host path.</summary>
    public string? Read(ref JsonCursor json)
    {
        if (json.Text("must be a path on the host") is not { } path)
        {
            return null;
        }

        if (Problem(path) is not { } problem)
        {
            return Absolute(path);
        }

        json.Problem(problem);
        return null;
    }

    /// <summary>The same, but a word that means something else is itself; a file of that name is written with <c>./</c> before it.</summary>
    public string? ReadOr(string word, ref JsonCursor json) => json.Token == JsonTokenType.String && json.Text("") == word ? word : Read(ref json);

    /// <summary>Why the path cannot be made absolute, or null.</summary>
    public string? Problem(string path)
    {
        if (path.Length == 0)
        {
            return "must not be empty";
        }

        return path.StartsWith('/') || baseDirectory.Length > 0 ? null : "is relative, but the current directory no longer exists";
    }

    /// <summary>
    /// What follows <c>sha256:</c> if the current member is a file of the store; a file of the host with such a name is
    /// written <c>./sha256:…</c>.
    /// </summary>
    public static string? Digest(ref JsonCursor json) =>
        json.Token == JsonTokenType.String && json.Text("") is { } text && text.StartsWith(ObjectName.Prefix, StringComparison.Ordinal)
            ? text[ObjectName.Prefix.Length..]
            : null;

    /// <summary>The path itself if it is absolute, else below the base directory.</summary>
    public string Absolute(string path)
    {
        if (path.StartsWith('/'))
        {
            return path;
        }

        var rest = path.AsSpan();
        while (rest.StartsWith("./"))
        {
            rest = rest[2..].TrimStart('/');
        }

        if (rest is "" or ".")
        {
            return path.EndsWith('/') && !baseDirectory.EndsWith('/') ? baseDirectory + "/" : baseDirectory;
        }

        return baseDirectory.EndsWith('/') ? string.Concat(baseDirectory, rest) : string.Concat(baseDirectory, "/", rest);
    }
}
