using System.Text;

namespace Sandbox.Text;

/// <summary>Names of C# and JSON in the spelling of result.json (<c>cpu-time-limit</c>) and of OpenTelemetry (<c>cpu_time</c>).</summary>
internal static class Spelling
{
    public static string Join(string camelCase, char separator)
    {
        var words = new StringBuilder(camelCase.Length + 4);
        foreach (var letter in camelCase)
        {
            if (char.IsAsciiLetterUpper(letter) && words.Length > 0)
                words.Append(separator);
            words.Append(char.ToLowerInvariant(letter));
        }

        return words.ToString();
    }
}
