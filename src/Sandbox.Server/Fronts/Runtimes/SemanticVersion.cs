using System.Globalization;

namespace Sandbox.Server.Fronts.Runtimes;

/// <summary>A version of three numbers. What follows them is not compared: of a machine's compilers it says nothing.</summary>
internal readonly record struct SemanticVersion(int Major, int Minor, int Patch) : IComparable<SemanticVersion>
{
    /// <summary>Reads one; null for none.</summary>
    public static SemanticVersion? Parse(string text)
    {
        var parts = Numbers(text, out var given);
        return given == 3 ? new(parts[0], parts[1], parts[2]) : null;
    }

    /// <inheritdoc/>
    public int CompareTo(SemanticVersion other) => (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));

    /// <summary>Whether a range has it: <c>*</c>, <c>3</c>, <c>3.x</c>, <c>3.10.0</c>, <c>^3.10</c>, <c>~3.10</c>, <c>&gt;=3 &lt;4</c>, <c>3.1 - 3.9</c>, and several with <c>||</c>.</summary>
    /// <param name="range">The range.</param>
    public bool IsIn(string range)
    {
        foreach (var alternative in range.Split("||"))
        {
            if (HasAll(Comparators(alternative)))
            {
                return true;
            }
        }

        return false;
    }

    // A sign may stand before its version, and "1 - 2" is from the one to the other.
    private static List<string> Comparators(string alternative)
    {
        var (comparators, sign) = (new List<string>(), "");
        foreach (var word in alternative.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (word == "-" && comparators.Count > 0 && sign.Length == 0)
            {
                comparators[^1] = ">=" + comparators[^1];
                sign = "<=";
            }
            else if (word.All(static letter => letter is '<' or '>' or '=' or '^' or '~'))
            {
                sign += word;
            }
            else
            {
                comparators.Add(sign + word);
                sign = "";
            }
        }

        return comparators;
    }

    private bool HasAll(List<string> comparators)
    {
        foreach (var comparator in comparators)
        {
            if (!Satisfies(comparator))
            {
                return false;
            }
        }

        return true;
    }

    private bool Satisfies(string comparator)
    {
        var sign = comparator.TakeWhile(static letter => letter is '<' or '>' or '=' or '^' or '~').Count();
        var numbers = Numbers(comparator[sign..].TrimStart('v'), out var given);
        if (given < 0)
        {
            return false;
        }

        var least = new SemanticVersion(numbers[0], numbers[1], numbers[2]);
        return comparator[..sign] switch
        {
            ">=" => CompareTo(least) >= 0,
            ">" => CompareTo(given == 3 ? least : Next(least, given)) >= (given == 3 ? 1 : 0),
            "<" => CompareTo(least) < 0,
            "<=" => given == 3 ? CompareTo(least) <= 0 : CompareTo(Next(least, given)) < 0,
            "^" => given == 0 || (CompareTo(least) >= 0 && CompareTo(Next(least, least.Major > 0 || given < 2 ? 1 : least.Minor > 0 || given < 3 ? 2 : 3)) < 0),
            "~" => given == 0 || (CompareTo(least) >= 0 && CompareTo(Next(least, Math.Min(given, 2))) < 0),
            "" or "=" => given == 0 || (given == 3 ? this == least : CompareTo(least) >= 0 && CompareTo(Next(least, given)) < 0),
            _ => false,
        };
    }

    // The first version whose leading numbers are others.
    private static SemanticVersion Next(SemanticVersion version, int numbers) => numbers switch
    {
        0 => new(int.MaxValue, 0, 0),
        1 => new(version.Major + 1, 0, 0),
        2 => new(version.Major, version.Minor + 1, 0),
        _ => new(version.Major, version.Minor, version.Patch + 1),
    };

    // How many there are before the first that stands for any; -1 for what is no version.
    private static int[] Numbers(string text, out int given)
    {
        var numbers = new int[3];
        var end = text.AsSpan().IndexOfAny('-', '+');
        var parts = (end < 0 ? text : text[..end]).Split('.');
        given = 0;
        if (parts.Length > 3)
        {
            given = -1;
            return numbers;
        }

        foreach (var part in parts)
        {
            if (part is "*" or "x" or "X")
            {
                return numbers;
            }

            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out numbers[given]) || numbers[given] > 1_000_000_000)
            {
                given = -1;
                return numbers;
            }

            given++;
        }

        return numbers;
    }
}
