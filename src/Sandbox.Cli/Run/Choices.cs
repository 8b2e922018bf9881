using Sandbox.Jobs;

namespace Sandbox.Cli.Run;

/// <summary>Values that are one of a few names.</summary>
internal static class Choices
{
    /// <summary>Finds the place of a name among those that are known; returns what is wrong, or null.</summary>
    public static string? Find(string value, string[] names, out int place)
    {
        place = Array.IndexOf(names, value);
        if (place >= 0)
        {
            return null;
        }

        place = 0;
        return $"must be {Listed(names)}" + (Suggestions.For(value, names) is { } meant ? $"; did you mean {meant}?" : "");
    }

    /// <summary>Names as a sentence has them: "a, b or c".</summary>
    public static string Listed(string[] names) => $"{string.Join(", ", names[..^1])} or {names[^1]}";
}
