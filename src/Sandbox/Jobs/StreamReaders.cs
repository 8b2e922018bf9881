using System.Text.Json;

namespace Sandbox.Jobs;

/// <summary>Reads <c>stdin</c>, <c>stdout</c> and <c>stderr</c>.</summary>
internal static class StreamReaders
{
    private static readonly string[] s_stdinNames = ["null", "inherit"];
    private static readonly string[] s_stdoutNames = ["capture", "inherit", "discard"];
    private static readonly string[] s_stderrNames = ["capture", "inherit", "discard", "stdout"];

    public static Stdin? Stdin(ref JsonCursor json, HostPaths paths)
    {
        const string Expected =
            "must be \"null\", \"inherit\", { \"text\": … }, { \"base64\": … } or { \"from\": PATH }";
        if (json.Has("pipe"))
        {
            return Pipe(ref json) is { } pipe ? new PipeStdin { Pipe = pipe } : null;
        }

        if (json.Token != JsonTokenType.String)
        {
            return FileReader.Content(ref json, paths, Expected) is { } content
                ? new ContentStdin { Content = content }
                : null;
        }

        return Name(ref json, Expected, s_stdinNames) switch
        {
            "null" => new NullStdin(),
            "inherit" => new InheritStdin(),
            _ => null,
        };
    }

    public static OutputStream? Stdout(ref JsonCursor json, HostPaths paths) => Output(
        ref json, paths, "must be \"capture\", \"inherit\", \"discard\" or { \"to\": PATH }", s_stdoutNames);

    public static OutputStream? Stderr(ref JsonCursor json, HostPaths paths) => Output(
        ref json, paths, "must be \"capture\", \"inherit\", \"discard\", \"stdout\" or { \"to\": PATH }", s_stderrNames);

    /// <summary>The pipes at numbers beyond 2; what cannot be read is left out.</summary>
    public static List<PipeDescriptor> Descriptors(ref JsonCursor json)
    {
        var descriptors = new List<PipeDescriptor>();
        if (!json.EnterObject("must be an object such as { \"3\": { \"pipe\": \"x\" }, \"4\": { \"pipe\": \"y\", \"write\": true } }"))
        {
            return descriptors;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (json.NextKey(seen) is { } key)
        {
            if (DescriptorRules.NumberOf(key) is not { } number)
            {
                json.Problem(DescriptorRules.NumberProblem);
                json.Skip();
            }
            else if (Descriptor(ref json, number) is { } descriptor)
            {
                descriptors.Add(descriptor);
            }
        }

        return descriptors;
    }

    private static PipeDescriptor? Descriptor(ref JsonCursor json, int number)
    {
        var start = json.Offset;
        if (!json.EnterObject("must be { \"pipe\": NAME }, with \"write\": true for the end that is written to"))
        {
            return null;
        }

        var (pipe, writes, seen) = ((string?)null, false, false);
        while (json.NextMember(Members.Descriptor) is { } member)
        {
            if (member == "pipe")
            {
                seen = true;
                pipe = json.Text("must be the name of a pipe");
            }
            else
            {
                writes = json.Boolean() ?? false;
            }
        }

        json.RequireMember("pipe", seen, start);
        return pipe is null ? null : new PipeDescriptor { Number = number, Pipe = pipe, Write = writes };
    }

    private static OutputStream? Output(ref JsonCursor json, HostPaths paths, string expected, string[] names)
    {
        if (json.Has("pipe"))
        {
            return Pipe(ref json) is { } pipe ? new PipeOutput { Pipe = pipe } : null;
        }

        if (json.Token != JsonTokenType.String)
        {
            return File(ref json, paths, expected);
        }

        return Name(ref json, expected, names) switch
        {
            "capture" => new CaptureStream(),
            "inherit" => new InheritStream(),
            "discard" => new DiscardStream(),
            "stdout" => new MergedStream(),
            _ => null,
        };
    }

    private static string? Pipe(ref JsonCursor json)
    {
        string? name = null;
        _ = json.EnterObject("");
        while (json.NextMember(Members.Pipe) is not null)
        {
            name = json.Text("must be the name of a pipe");
        }

        return name;
    }

    private static FileOutput? File(ref JsonCursor json, HostPaths paths, string expected)
    {
        var start = json.Offset;
        if (!json.EnterObject(expected))
        {
            return null;
        }

        string? path = null;
        var seen = false;
        while (json.NextMember(Members.Stream) is not null)
        {
            seen = true;
            path = paths.Read(ref json);
        }

        json.RequireMember("to", seen, start);
        return path is null ? null : new FileOutput { Path = path };
    }

    private static string? Name(ref JsonCursor json, string expected, string[] names)
    {
        var text = json.Text(expected);
        if (text is null || Array.IndexOf(names, text) >= 0)
        {
            return text;
        }

        json.Problem(expected, Suggestions.For(text, names));
        return null;
    }
}
