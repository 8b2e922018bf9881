using Sandbox.Host;

namespace Sandbox.Policies;

/// <summary>Policies in files of the host.</summary>
internal static class PolicyFiles
{
    // A policy that names every call there is takes a hundredth of that.
    private const int MostBytes = 4 << 20;

    /// <summary>The policy of a file, or what is wrong with that file: a device has no end.</summary>
    public static PolicySource? Read(string path, out string? problem)
    {
        problem = SourceFile.ReadRegular(path, MostBytes, out var json);
        return problem is not null ? null : new() { Name = path, Json = json, Pointer = "", Directory = Path.GetDirectoryName(path) };
    }
}
