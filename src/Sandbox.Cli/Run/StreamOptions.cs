
namespace Sandbox.Cli.Run;

/// <summary>The options for what goes in and comes out.</summary>
internal static class StreamOptions
{
    public static IReadOnlyList<RunOption> All { get; } =
    [
        new()
        {
            Name = "interactive",
            Letter = 'i',
            Help = "relay stdin to the job; without it the job reads nothing",
            Member = "/stdin",
            Apply = (draft, _) =>
            {
                draft.Job = draft.Job with { Stdin = new InheritStdin() };
                return null;
            },
        },
        new()
        {
            Name = "tty",
            Letter = 't',
            Help = "give the job a terminal of its own, on which stdout and stderr are one; with -i, what you type goes to it",
            Member = "/terminal",
            Apply = (draft, _) =>
            {
                draft.Job = draft.Job with { Terminal = true };
                return null;
            },
        },
        new()
        {
            Name = "stdin",
            Value = "FILE",
            Kind = ValueKind.FileOr("null", "inherit"),
            Help = "what the job reads: a file, null (nothing, the default) or inherit (the same as -i)",
            Member = "/stdin",
            Apply = SetStdin,
        },
        new()
        {
            Name = "stdin-text",
            Value = "TEXT",
            Help = "what the job reads, given here",
            Member = "/stdin",
            Show = static _ => "",
            Apply = (draft, value) =>
            {
                draft.Job = draft.Job with
                {
                    Stdin = new ContentStdin { Content = new InlineContent { Bytes = System.Text.Encoding.UTF8.GetBytes(value) } },
                };
                return null;
            },
        },
        new()
        {
            Name = "stdout",
            Value = "FILE",
            Kind = ValueKind.FileOr("inherit", "discard", "capture"),
            Help = "where stdout goes: a file, inherit (the default), discard or capture (into the result)",
            Member = "/stdout",
            Apply = (draft, value) => SetStream(draft, value, stream => draft.Job = draft.Job with { Stdout = stream }),
        },
        new()
        {
            Name = "stderr",
            Value = "FILE",
            Kind = ValueKind.FileOr("inherit", "discard", "capture", "stdout"),
            Help = "where stderr goes: as for --stdout, or stdout to merge the two",
            Member = "/stderr",
            Apply = (draft, value) =>
            {
                if (value != "stdout")
                {
                    return SetStream(draft, value, stream => draft.Job = draft.Job with { Stderr = stream });
                }

                draft.Job = draft.Job with { Stderr = new MergedStream() };
                return null;
            },
        },
        new()
        {
            Name = "result",
            Value = "FILE",
            Kind = ValueKind.File,
            Help = "write the result, as \"sandbox exec\" prints it, to FILE",
            Apply = (draft, value) =>
            {
                draft.ResultFile = value;
                return value.Length == 0 ? "must not be empty" : null;
            },
        },
    ];

    private static string? SetStdin(JobDraft draft, string value)
    {
        if (value is "null" or "inherit")
        {
            draft.Job = draft.Job with { Stdin = value == "null" ? new NullStdin() : new InheritStdin() };
            return null;
        }

        if (value.StartsWith(FileStore.NamePrefix, StringComparison.Ordinal))
        {
            draft.Job = draft.Job with { Stdin = new ContentStdin { Content = new StoredContent { Sha256 = value[FileStore.NamePrefix.Length..] } } };
            return null;
        }

        return draft.WithPath(value, path => draft.Job = draft.Job with
        {
            Stdin = new ContentStdin { Content = new FileContent { Path = path } },
        });
    }

    private static string? SetStream(JobDraft draft, string value, Action<OutputStream> set)
    {
        OutputStream? known = value switch
        {
            "inherit" => new InheritStream(),
            "discard" => new DiscardStream(),
            "capture" => new CaptureStream(),
            _ => null,
        };
        if (known is null)
        {
            return draft.WithPath(value, path => set(new FileOutput { Path = path }));
        }

        set(known);
        return null;
    }
}
