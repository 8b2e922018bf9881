using System.Text;

namespace Sandbox.Cli.Run;

/// <summary><c>--file</c> and <c>--text</c>: files that are put into the sandbox before the start.</summary>
internal static class InjectOption
{
    private const int DefaultMode = 0x1A4;
    private const string ReadOnly = ":ro";

    /// <summary><c>DST=SRC[:MODE]</c>, or <c>DST=SRC:ro</c>; SRC may be a file of the store.</summary>
    public static string? ApplyFile(JobDraft draft, string value)
    {
        var equals = value.IndexOf('=');
        if (equals <= 0)
        {
            return "must be DST=SRC[:MODE], or DST=SRC:ro";
        }

        var (target, from) = (Path.TrimEndingDirectorySeparator(value[..equals]), value[(equals + 1)..]);
        if (from.StartsWith(FileStore.NamePrefix, StringComparison.Ordinal))
        {
            draft.Add(Stored(target, from[FileStore.NamePrefix.Length..]));
            return null;
        }

        if (from.EndsWith(ReadOnly, StringComparison.Ordinal))
        {
            return draft.WithPath(from[..^ReadOnly.Length], path => draft.Add(new InjectedFile { Path = target, Content = new FileContent { Path = path }, ReadOnly = true }));
        }

        SplitMode(from, out var source, out var mode);
        return draft.WithPath(source, path => draft.Add(new InjectedFile
        {
            Path = target,
            Mode = mode,
            Content = new FileContent { Path = path },
        }));
    }

    /// <summary><c>DST[:MODE]=TEXT</c>: the mode is in front, because a text may end in anything.</summary>
    public static string? ApplyText(JobDraft draft, string value)
    {
        var equals = value.IndexOf('=');
        if (equals <= 0)
        {
            return "must be DST[:MODE]=TEXT";
        }

        SplitMode(value[..equals], out var target, out var mode);
        draft.Add(new InjectedFile
        {
            Path = Path.TrimEndingDirectorySeparator(target),
            Mode = mode,
            Content = new InlineContent { Bytes = Encoding.UTF8.GetBytes(value[(equals + 1)..]) },
        });
        return null;
    }

    // A mode asks for a copy; without one the file is shown.
    private static InjectedFile Stored(string target, string text)
    {
        SplitMode(text.EndsWith(ReadOnly, StringComparison.Ordinal) ? text[..^ReadOnly.Length] : text, out var digits, out var mode);
        var file = new InjectedFile { Path = target, Mode = mode, Content = new StoredContent { Sha256 = digits } };
        return text == digits || text == digits + ReadOnly ? file : file with { ReadOnly = false };
    }

    // What ends like a mode is one; a file of such a name is told apart by adding a mode.
    private static void SplitMode(string text, out string path, out int mode)
    {
        var colon = text.LastIndexOf(':');
        if (colon >= 0 && TryReadMode(text[(colon + 1)..], out mode))
        {
            path = text[..colon];
            return;
        }

        (path, mode) = (text, DefaultMode);
    }

    // As in job.json: three or four octal digits, up to 0777.
    private static bool TryReadMode(string text, out int mode)
    {
        var isMode = text.Length is 3 or 4 && text.AsSpan().IndexOfAnyExceptInRange('0', '7') < 0;
        mode = isMode ? Convert.ToInt32(text, 8) : 0;
        return isMode && mode <= 0x1FF;
    }
}
