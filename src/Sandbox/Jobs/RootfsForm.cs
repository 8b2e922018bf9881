using System.Text.Json;

namespace Sandbox.Jobs;

/// <summary>Reads and writes <c>rootfs</c>.</summary>
internal static class RootfsForm
{
    private const string Expected = "must be \"host\", \"empty\", { \"directory\": PATH } or { \"image\": NAME or PATH }";

    private static readonly string[] s_names = ["host", "empty"];

    public static Rootfs? Read(ref JsonCursor json, HostPaths paths)
    {
        if (json.Token == JsonTokenType.String)
        {
            return Named(ref json);
        }

        var start = json.Offset;
        if (!json.EnterObject(Expected))
        {
            return null;
        }

        var fields = default(Fields);
        while (json.NextMember(Members.Rootfs) is { } member)
        {
            ReadMember(ref json, member, ref fields, paths);
        }

        json.RequireMember("directory", fields.Kind is not null, start);
        return fields switch
        {
            { Place: null } => null,
            { Kind: "directory" } => new DirectoryRootfs { Path = fields.Place, Writable = fields.Writable },
            _ => new ImageRootfs { Reference = fields.Place, Writable = fields.Writable },
        };
    }

    /// <summary>Writes it, unless it is the usual one.</summary>
    public static void Write(Utf8JsonWriter json, Rootfs rootfs)
    {
        switch (rootfs)
        {
            case EmptyRootfs:
                json.WriteString("rootfs", "empty");
                break;
            case DirectoryRootfs directory:
                json.WriteStartObject("rootfs");
                json.WriteString("directory", directory.Path);
                MountWriter.WriteTrue(json, "writable", directory.Writable);
                json.WriteEndObject();
                break;
            case ImageRootfs image:
                json.WriteStartObject("rootfs");
                json.WriteString("image", image.Reference);
                MountWriter.WriteTrue(json, "writable", image.Writable);
                json.WriteEndObject();
                break;
        }
    }

    private static void ReadMember(ref JsonCursor json, string member, ref Fields fields, HostPaths paths)
    {
        if (member == "writable")
        {
            fields.Writable = json.Boolean() ?? false;
            return;
        }

        if (fields.Kind is not null)
        {
            json.Refuse($"\"{member}\" and \"{fields.Kind}\" exclude each other");
            return;
        }

        fields.Kind = member;
        fields.Place = member == "directory" ? paths.Read(ref json) : Image(ref json, paths);
    }

    private static string? Image(ref JsonCursor json, HostPaths paths)
    {
        const string expected = "must be the path of an image, or the name of one in the image store";
        return json.Text(expected) is not { } text ? null : ImageReference.IsPath(text) ? paths.Read(ref json) : text;
    }

    private static Rootfs? Named(ref JsonCursor json)
    {
        var text = json.Text(Expected);
        if (text is "host" or "empty")
        {
            return text == "host" ? new HostRootfs() : new EmptyRootfs();
        }

        if (text is not null)
        {
            json.Problem(Expected, Suggestions.For(text, s_names));
        }

        return null;
    }

    private struct Fields
    {
        public string? Kind;
        public string? Place;
        public bool Writable;
    }
}

/// <summary>Reads <c>diff</c>.</summary>
internal static class DiffReader
{
    /// <summary>What it asks for; null for false, and for what cannot be read.</summary>
    public static DiffSpec? Read(ref JsonCursor json, HostPaths paths)
    {
        if (json.Token is JsonTokenType.True or JsonTokenType.False)
        {
            return json.Token == JsonTokenType.True ? new DiffSpec() : null;
        }

        var start = json.Offset;
        if (!json.EnterObject("must be true, false or { \"to\": PATH }"))
        {
            return null;
        }

        string? path = null;
        var seen = false;
        while (json.NextMember(Members.Diff) is not null)
        {
            seen = true;
            path = paths.Read(ref json);
        }

        json.RequireMember("to", seen, start);
        return path is null ? null : new DiffSpec { To = path };
    }
}

/// <summary>What people write to mean an image: a path, a digest or a name.</summary>
internal static class ImageReference
{
    private static readonly string[] s_endings = [".tar", ".tar.gz", ".tgz", ".tar.zst"];

    /// <summary>The name of an archive's file without its ending.</summary>
    public static string WithoutEnding(string file) =>
        s_endings.FirstOrDefault(ending => file.EndsWith(ending, StringComparison.Ordinal)) is { } ending ? file[..^ending.Length] : file;

    /// <summary>It is the path of an archive or a directory; otherwise a digest or a name.</summary>
    public static bool IsPath(string reference) =>
        reference.StartsWith('/') || reference is "." or ".." ||
        reference.StartsWith("./", StringComparison.Ordinal) || reference.StartsWith("../", StringComparison.Ordinal) ||
        s_endings.Any(ending => reference.EndsWith(ending, StringComparison.Ordinal));
}
