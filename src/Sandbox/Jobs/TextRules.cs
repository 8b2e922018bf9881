using System.Text;

namespace Sandbox.Jobs;

/// <summary>What a string must be to be handed to the kernel.</summary>
internal static class TextRules
{
    // MAX_ARG_STRLEN (32 pages) counts the final NUL byte; a longer word is E2BIG (execve(2)).
    private const int LongestWord = (32 * 4096) - 1;

    /// <summary>What is wrong with a word of the command line or the environment, or null.</summary>
    public static string? WordProblem(string? word) =>
        Problem(word) ?? (Bytes(word!) > LongestWord ? "is longer than the kernel allows (128 KiB)" : null);

    /// <summary>What is wrong with any text, or null.</summary>
    public static string? Problem(string? text)
    {
        if (text is null)
        {
            return "must not be null";
        }

        var rest = text.AsSpan();
        if (rest.Contains('\0'))
        {
            return "must not contain a NUL character";
        }

        while (rest.IndexOfAnyInRange('\uD800', '\uDFFF') is var at and >= 0)
        {
            if (Rune.DecodeFromUtf16(rest[at..], out _, out var length) != System.Buffers.OperationStatus.Done)
            {
                return "is not valid text: a lone surrogate";
            }

            rest = rest[(at + length)..];
        }

        return null;
    }

    /// <summary>Length in UTF-8.</summary>
    public static int Bytes(string text) => Encoding.UTF8.GetByteCount(text);
}
