namespace Sandbox.Jobs;

/// <summary>Reads <c>files</c> and <c>outputs</c>, and bytes wherever a job gives some.</summary>
internal static class FileReader
{
    /// <summary>The files in order, as far as they could be read.</summary>
    public static List<InjectedFile> Files(ref JsonCursor json, HostPaths paths)
    {
        var files = new List<InjectedFile>();
        if (!json.EnterObject("must be an object such as { \"/work/in.txt\": { \"text\": \"1 2\" } }"))
        {
            return files;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (json.NextKey(seen) is { } path)
        {
            if (File(ref json, path, paths) is { } file)
            {
                files.Add(file);
            }
        }

        return files;
    }

    /// <summary>The outputs in order; null stands for one that could not be read.</summary>
    public static List<OutputSpec> Outputs(ref JsonCursor json, HostPaths paths)
    {
        var outputs = new List<OutputSpec>();
        if (!json.EnterArray("must be a list such as [ { \"path\": \"/work/a.out\", \"to\": \"a.out\" } ]"))
        {
            return outputs;
        }

        while (json.NextElement())
        {
            outputs.Add(Output(ref json, paths)!);
        }

        return outputs;
    }

    /// <summary>An object with exactly one of <c>from</c>, <c>text</c> and <c>base64</c>.</summary>
    public static Content? Content(ref JsonCursor json, HostPaths paths, string expected)
    {
        var start = json.Offset;
        if (!json.EnterObject(expected))
        {
            return null;
        }

        var fields = default(Fields);
        while (json.NextMember(Members.Content) is { } member)
        {
            ReadContent(ref json, member, paths, ref fields);
        }

        RequireContent(ref json, fields, start);
        return fields.Content;
    }

    /// <summary>Reads permission bits as three or four octal digits.</summary>
    public static bool TryReadMode(string text, out int mode)
    {
        mode = text.Length is 3 or 4 ? 0 : -1;
        foreach (var digit in text)
        {
            mode = mode < 0 || digit is < '0' or > '7' ? -1 : (mode * 8) + (digit - '0');
        }

        return mode is >= 0 and <= 0x1FF;
    }

    private static InjectedFile? File(ref JsonCursor json, string path, HostPaths paths)
    {
        var start = json.Offset;
        if (!json.EnterObject("must be { \"text\": … }, { \"base64\": … } or { \"from\": PATH }"))
        {
            return null;
        }

        var fields = default(Fields);
        while (json.NextMember(Members.File) is { } member)
        {
            switch (member)
            {
                case "mode":
                    fields.ModeAt = json.Offset;
                    fields.Mode = Mode(ref json);
                    break;
                case "readOnly":
                    fields.ReadOnly = json.Boolean();
                    break;
                default:
                    ReadContent(ref json, member, paths, ref fields);
                    break;
            }
        }

        RequireContent(ref json, fields, start);
        return Build(ref json, path, fields);
    }

    private static InjectedFile? Build(ref JsonCursor json, string path, in Fields fields)
    {
        if (fields.Content is not { } content)
        {
            return null;
        }

        var file = new InjectedFile { Path = path, Mode = fields.Mode ?? InjectedFile.DefaultMode, Content = content };
        file = fields.ReadOnly is { } readOnly ? file with { ReadOnly = readOnly } : file;

        // The validator cannot tell the default from the same mode written out.
        if (fields.Mode == InjectedFile.DefaultMode && file is { ReadOnly: true, Content: not InlineContent })
        {
            json.ProblemAt(fields.ModeAt, "\"mode\" " + MountRules.ModeOfReadOnly);
        }

        return file;
    }

    private static void ReadContent(ref JsonCursor json, string member, HostPaths paths, ref Fields fields)
    {
        if (fields.Source is not null)
        {
            json.Refuse($"\"{member}\" and \"{fields.Source}\" exclude each other");
            return;
        }

        fields.Source = member;
        if (member == "from")
        {
            fields.Content = From(ref json, paths);
            return;
        }

        var bytes = member == "text" ? json.Utf8Text("must be a string") : Base64(ref json);
        fields.Content = bytes is null ? null : new InlineContent { Bytes = bytes };
    }

    private static Content? From(ref JsonCursor json, HostPaths paths)
    {
        if (HostPaths.Digest(ref json) is { } digest)
        {
            return new StoredContent { Sha256 = digest };
        }

        return paths.Read(ref json) is { } path ? new FileContent { Path = path } : null;
    }

    private static void RequireContent(ref JsonCursor json, in Fields fields, long start)
    {
        if (fields.Source is null)
        {
            json.ProblemAt(start, "needs one of \"text\", \"base64\" and \"from\"");
        }
    }

    private static byte[]? Base64(ref JsonCursor json)
    {
        const string Expected = "must be base64 (RFC 4648, padded, without spaces or line ends)";
        if (json.Text(Expected) is not { } text)
        {
            return null;
        }

        // The framework's decoder passes over white space, which RFC 4648 (3.3) tells to refuse.
        var bytes = new byte[text.Length / 4 * 3];
        if (text.AsSpan().IndexOfAny(" \t\r\n") < 0 && Convert.TryFromBase64String(text, bytes, out var length))
        {
            return bytes[..length];
        }

        json.Problem(Expected);
        return null;
    }

    private static int? Mode(ref JsonCursor json)
    {
        const string Expected = "must be permission bits as a string of octal digits, \"0000\" to \"0777\"";
        if (json.Text(Expected) is not { } text)
        {
            return null;
        }

        if (TryReadMode(text, out var mode))
        {
            return mode;
        }

        json.Problem(Expected);
        return null;
    }

    private static OutputSpec? Output(ref JsonCursor json, HostPaths paths)
    {
        var start = json.Offset;
        if (!json.EnterObject("must be an object such as { \"path\": \"/work/a.out\", \"to\": \"a.out\" }"))
        {
            return null;
        }

        var output = new OutputSpec { Path = "", To = "" };
        var (pathSeen, toSeen, readable) = (false, false, true);
        while (json.NextMember(Members.Output) is { } member)
        {
            switch (member)
            {
                case "path":
                    pathSeen = true;
                    output = output with { Path = FieldReaders.InsidePath(ref json) ?? "/\uFFFD" };
                    break;
                case "to":
                    toSeen = true;
                    var to = paths.ReadOr(OutputSpec.Store, ref json);
                    readable &= to is not null;
                    output = output with { To = to ?? "" };
                    break;
                case "maxSize":
                    output = output with { MaxSizeBytes = FieldReaders.Size(ref json) ?? output.MaxSizeBytes };
                    break;
                default:
                    output = output with { Optional = json.Boolean() ?? false };
                    break;
            }
        }

        json.RequireMember("path", pathSeen, start);
        json.RequireMember("to", toSeen, start);
        return pathSeen && toSeen && readable ? output : null;
    }

    private struct Fields
    {
        public string? Source;
        public Content? Content;
        public int? Mode;
        public long ModeAt;
        public bool? ReadOnly;
    }
}
