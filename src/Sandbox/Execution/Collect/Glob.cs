namespace Sandbox.Execution.Collect;

/// <summary>
/// The patterns of <c>outputs</c>: <c>*</c> and <c>?</c> within one component (glob(7)), and a component <c>**</c> for any number of
/// directories; nothing else is special.
/// </summary>
internal static class Glob
{
    /// <summary>Whether the text is a pattern at all.</summary>
    public static bool IsPattern(string text) => text.AsSpan().IndexOfAny('*', '?') >= 0;

    /// <summary>Whether a component stands for any number of directories, none included.</summary>
    public static bool IsRecursive(string component) => component == "**";

    /// <summary>How many components of a match are not kept in its place on the host: those before the first <c>**</c>, or all but the last.</summary>
    public static int PrefixLength(IReadOnlyList<string> components)
    {
        for (var i = 0; i < components.Count; i++)
        {
            if (IsRecursive(components[i]))
            {
                return i;
            }
        }

        return components.Count - 1;
    }

    /// <summary>Whether a file name matches one component of a pattern; a first dot must be given.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        if (name.StartsWith('.') && !pattern.StartsWith('.'))
        {
            return false;
        }

        // Only the last star can need another try, with one more character given to it: linear space,
        // and time bounded by the product of the lengths, whatever the job called its files.
        int at = 0, star = -1, retry = 0, i = 0;
        while (i < name.Length)
        {
            if (at < pattern.Length && pattern[at] == '*')
            {
                (star, retry) = (at++, i);
            }
            else if (at < pattern.Length && (pattern[at] == '?' || pattern[at] == name[i]))
            {
                i += pattern[at] == '?' ? CharacterLength(name[i..]) : 1;
                at++;
            }
            else if (star >= 0)
            {
                at = star + 1;
                i = retry += CharacterLength(name[retry..]);
            }
            else
            {
                return false;
            }
        }

        return pattern[at..].IndexOfAnyExcept('*') < 0;
    }

    // One character of a name may take two of UTF-16.
    private static int CharacterLength(ReadOnlySpan<char> text) =>
        text.Length > 1 && char.IsSurrogatePair(text[0], text[1]) ? 2 : 1;
}
