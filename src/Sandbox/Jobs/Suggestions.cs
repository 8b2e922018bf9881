namespace Sandbox.Jobs;

/// <summary>Finds what a misspelt name was meant to be.</summary>
internal static class Suggestions
{
    /// <summary>The nearest of the known names, or null when none is near enough to be meant.</summary>
    public static string? For(string name, ReadOnlySpan<string> known)
    {
        // One slip per three letters: "memroy" finds memory, "gpu" does not find cpus.
        var nearest = Math.Max(1, name.Length / 3) + 1;
        string? best = null;
        foreach (var candidate in known)
        {
            var distance = Distance(name, candidate, nearest);
            if (distance < nearest)
            {
                (nearest, best) = (distance, candidate);
            }
        }

        return best;
    }

    // Optimal string alignment: insert, delete, replace and swap of neighbours cost one each.
    private static int Distance(string left, string right, int tooFar)
    {
        if (left.Equals(right, StringComparison.OrdinalIgnoreCase))
        {
            return 0;
        }

        if (Math.Abs(left.Length - right.Length) >= tooFar)
        {
            return tooFar;
        }

        var twoAbove = new int[right.Length + 1];
        var above = new int[right.Length + 1];
        var row = new int[right.Length + 1];
        for (var column = 0; column <= right.Length; column++)
        {
            above[column] = column;
        }

        for (var line = 1; line <= left.Length; line++)
        {
            row[0] = line;
            for (var column = 1; column <= right.Length; column++)
            {
                row[column] = Cheapest(left, right, line, column, twoAbove, above, row);
            }

            (twoAbove, above, row) = (above, row, twoAbove);
        }

        return above[right.Length];
    }

    private static int Cheapest(
        string left, string right, int line, int column, int[] twoAbove, int[] above, int[] row)
    {
        var replaced = above[column - 1] + (Same(left[line - 1], right[column - 1]) ? 0 : 1);
        var cheapest = Math.Min(Math.Min(above[column], row[column - 1]) + 1, replaced);
        var swapped = line > 1 && column > 1 &&
            Same(left[line - 1], right[column - 2]) && Same(left[line - 2], right[column - 1]);
        return swapped ? Math.Min(cheapest, twoAbove[column - 2] + 1) : cheapest;
    }

    private static bool Same(char left, char right) => char.ToLowerInvariant(left) == char.ToLowerInvariant(right);
}
