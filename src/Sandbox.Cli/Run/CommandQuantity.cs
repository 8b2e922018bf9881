using System.Globalization;

namespace Sandbox.Cli.Run;

/// <summary>
/// Sizes, durations and counts of the command line: what job.json takes, plain bytes, and Docker's <c>256m</c>, whose
/// letters mean powers of 1024. <c>none</c> lifts a limit.
/// </summary>
internal static class CommandQuantity
{
    private const string None = "none";

    /// <summary>Reads a size or <c>none</c>; returns what is wrong, or null.</summary>
    public static string? Limit(string text, out long? bytes)
    {
        bytes = null;
        if (text == None)
        {
            return null;
        }

        var problem = Size(text, out var size);
        bytes = size;
        return problem;
    }

    /// <summary>Reads a size; returns what is wrong, or null.</summary>
    public static string? Size(string text, out long bytes)
    {
        var written = IsWhole(text) ? text + "B" : text;
        if (text.Length > 1 && (char.IsAsciiDigit(text[^2]) || text[^2] == '.') && Unit(text[^1]) is { } unit)
        {
            written = text[..^1] + unit;
        }

        return Read(Quantities.ParseSize, written, out bytes);
    }

    /// <summary>Reads a duration or <c>none</c>; returns what is wrong, or null.</summary>
    public static string? Limit(string text, out TimeSpan? duration)
    {
        duration = null;
        if (text == None)
        {
            return null;
        }

        var problem = Read(Quantities.ParseDuration, text, out var time);
        duration = time;
        return problem;
    }

    /// <summary>Reads a count or <c>none</c>; returns what is wrong, or null.</summary>
    public static string? Limit(string text, out int? count)
    {
        count = null;
        if (text == None)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            count = number;
            return null;
        }

        return IsWhole(text) ? "is too large" : "must be a whole number, or none";
    }

    /// <summary>Reads a number of processors or <c>none</c>; returns what is wrong, or null.</summary>
    public static string? Limit(string text, out double? cpus)
    {
        cpus = null;
        if (text == None)
        {
            return null;
        }

        if (!double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            return "must be a number such as 1.5, or none";
        }

        cpus = number;
        return null;
    }

    private static bool IsWhole(string text) => text.Length > 0 && text.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0;

    private static string? Unit(char letter) => char.ToLowerInvariant(letter) switch
    {
        'b' => "B",
        'k' => "KiB",
        'm' => "MiB",
        'g' => "GiB",
        't' => "TiB",
        _ => null,
    };

    private static string? Read<T>(Func<string, T> parse, string text, out T? value)
    {
        try
        {
            value = parse(text);
            return null;
        }
        catch (FormatException problem)
        {
            value = default;
            return problem.Message;
        }
    }
}
