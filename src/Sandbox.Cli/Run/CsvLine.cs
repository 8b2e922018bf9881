using System.Text;

namespace Sandbox.Cli.Run;

/// <summary>One line of CSV (RFC 4180): a field that starts with a quote ends with one, and a quote within is doubled.</summary>
internal static class CsvLine
{
    /// <summary>The fields; null if a quote is not closed or text follows a closed one.</summary>
    public static List<string>? Split(string line)
    {
        var fields = new List<string>();
        var rest = line.AsSpan();
        while (true)
        {
            if ((rest is ['"', ..] ? TakeQuoted(ref rest) : TakePlain(ref rest)) is not { } field)
            {
                return null;
            }

            fields.Add(field);
            if (rest.IsEmpty)
            {
                return fields;
            }

            if (rest[0] != ',')
            {
                return null;
            }

            rest = rest[1..];
        }
    }

    private static string TakePlain(ref ReadOnlySpan<char> rest)
    {
        var end = rest.IndexOf(',');
        var field = end < 0 ? rest : rest[..end];
        rest = rest[field.Length..];
        return field.ToString();
    }

    private static string? TakeQuoted(ref ReadOnlySpan<char> rest)
    {
        var field = new StringBuilder();
        for (var isFirst = true; rest is ['"', ..]; isFirst = false)
        {
            // A quote right behind the closing one stands for itself, and the field goes on.
            field.Append(isFirst ? "" : "\"");
            rest = rest[1..];
            var end = rest.IndexOf('"');
            if (end < 0)
            {
                return null;
            }

            field.Append(rest[..end]);
            rest = rest[(end + 1)..];
        }

        return field.ToString();
    }
}
