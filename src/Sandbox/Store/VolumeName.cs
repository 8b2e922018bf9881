namespace Sandbox.Store;

/// <summary>What a volume can be called: as with Docker, so that no name is a path, an option, or hidden in a list.</summary>
internal static class VolumeName
{
    private const int Most = 128;

    /// <summary>What is wrong with a name; null if nothing is.</summary>
    public static string? Problem(string? name) =>
        name is { Length: > 0 and <= Most } && char.IsAsciiLetterOrDigit(name[0]) && name.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-')
            ? null
            : $"must be the name of a volume: 1 to {Most} letters, digits, \".\", \"_\" and \"-\", of which the first is a letter or a digit";
}
