using System.Text;
using Sandbox.Jobs;

namespace Sandbox.Cli.Run;

/// <summary><c>--file</c> and <c>--text</c>: files that are put into the sandbox before the start.</summary>
internal static class InjectOption
{
    private const int DefaultMode = 0x1A4;

    /// <summary><c>DST=SRC[:MODE]</c>.</summary>
    public static string? ApplyFile(JobDraft draft, string value)
    {
        var equals = value.IndexOf('=');
        if (equals <= 0)
        {
            return "must be DST=SRC[:MODE]";
        }

        SplitMode(value[(equals + 1)..], out var source, out var mode);
        return draft.WithPath(source, path => draft.Add(new InjectedFile
        {
            Path = PathRules.WithoutFinalSlash(value[..equals]),
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
            Path = PathRules.WithoutFinalSlash(target),
            Mode = mode,
            Content = new InlineContent { Bytes = Encoding.UTF8.GetBytes(value[(equals + 1)..]) },
        });
        return null;
    }

    // What ends like a mode is one; a file of such a name is told apart by adding a mode.
    private static void SplitMode(string text, out string path, out int mode)
    {
        var colon = text.LastIndexOf(':');
        if (colon >= 0 && FileReader.TryReadMode(text[(colon + 1)..], out mode))
        {
            path = text[..colon];
            return;
        }

        (path, mode) = (text, DefaultMode);
    }
}
