using System.Text;

namespace Sandbox.Jobs;

/// <summary>What a path must be, on the host and inside the sandbox.</summary>
internal static class PathRules
{
    // PATH_MAX counts the final NUL byte (path_resolution(7)).
    private const int MaxPath = 4095;
    private const int MaxComponent = 255;

    /// <summary>What is wrong with a host path, or null.</summary>
    public static string? HostProblem(string? path) =>
        TextRules.Problem(path) ?? LengthProblem(path!) ??
        (path!.StartsWith('/') ? null : "must be an absolute path on the host");

    /// <summary>Notes what is wrong with a path inside the sandbox; true if it is fine.</summary>
    public static bool CheckInside(string? path, string pointer, ProblemList problems)
    {
        if ((TextRules.Problem(path) ?? LengthProblem(path!)) is { } problem)
        {
            problems.Add(pointer, problem);
            return false;
        }

        if (!path!.StartsWith('/'))
        {
            problems.Add(pointer, "must be an absolute path inside the sandbox");
            return false;
        }

        if (IsNormalised(path))
        {
            return true;
        }

        // ".." is not resolved for the user: what it means depends on links that only the job's root has.
        var climbs = path.Contains("/../", StringComparison.Ordinal) || path.EndsWith("/..", StringComparison.Ordinal);
        problems.Add(
            pointer,
            climbs ? "must not contain \"..\"" : "must not contain \".\", \"//\" or a slash at its end",
            climbs ? null : Normalised(path));
        return false;
    }

    /// <summary>A path inside the sandbox without one slash at its end, which is of no meaning.</summary>
    public static string WithoutFinalSlash(string path) => path.Length > 1 && path.EndsWith('/') ? path[..^1] : path;

    private static string? LengthProblem(string path)
    {
        if (path.Length == 0)
        {
            return "must not be empty";
        }

        if (TextRules.Bytes(path) > MaxPath)
        {
            return "is longer than the kernel allows (4095 bytes)";
        }

        foreach (var range in path.AsSpan().Split('/'))
        {
            if (range.End.Value - range.Start.Value > MaxComponent / 3 && TextRules.Bytes(path[range]) > MaxComponent)
            {
                return "has a component longer than the kernel allows (255 bytes)";
            }
        }

        return null;
    }

    private static bool IsNormalised(string path)
    {
        var rest = path.AsSpan(1);
        while (rest.Length > 0)
        {
            var end = rest.IndexOf('/');
            var component = end < 0 ? rest : rest[..end];
            if (component is "" or "." or ".." || end == rest.Length - 1)
            {
                return false;
            }

            rest = end < 0 ? [] : rest[(end + 1)..];
        }

        return true;
    }

    private static string Normalised(string path)
    {
        var normalised = "";
        foreach (var component in path.Split('/'))
        {
            normalised += component is "" or "." ? "" : "/" + component;
        }

        return normalised.Length == 0 ? "/" : normalised;
    }
}

/// <summary>What a string must be to be handed to the kernel.</summary>
internal static class TextRules
{
    // MAX_ARG_STRLEN (32 pages) counts the final NUL byte; a longer word is E2BIG (execve(2)).
    private const int MaxWord = (32 * 4096) - 1;

    /// <summary>What is wrong with a word of the command line or the environment, or null.</summary>
    public static string? WordProblem(string? word) =>
        Problem(word) ?? (Bytes(word!) > MaxWord ? "is longer than the kernel allows (128 KiB)" : null);

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
