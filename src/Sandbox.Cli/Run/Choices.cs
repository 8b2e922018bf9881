
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
        return $"must be {Listed(names)}" + (NearestName.Of(value, names) is { } meant ? $"; did you mean {meant}?" : "");
    }

    /// <summary>Finds the value of a name as job.json spells it, which are those of the type in lower case; returns what is wrong, or null.</summary>
    public static string? Find<T>(string value, out T choice)
        where T : struct, Enum
    {
        string[] names = Names<T>();
        var problem = Find(value, names, out var place);
        choice = Enum.GetValues<T>()[place];
        return problem;
    }

    /// <summary>The names of a type's values as job.json spells them.</summary>
    public static string[] Names<T>()
        where T : struct, Enum => [.. Enum.GetNames<T>().Select(name => name.ToLowerInvariant())];

    /// <summary>Names as a sentence has them: "a, b or c".</summary>
    public static string Listed(string[] names) => $"{string.Join(", ", names[..^1])} or {names[^1]}";
}
