namespace Sandbox.Jobs;

/// <summary>Reads <c>mounts</c>.</summary>
internal static class MountReader
{
    private static readonly string[] s_bindMembers = ["type", "source", "target", "writable", "optional", "noexec"];
    private static readonly string[] s_tmpfsMembers = ["type", "target", "size", "inodes", "noexec"];
    private static readonly string[] s_overlayMembers = ["type", "source", "target", "noexec", "upper"];
    private static readonly string[] s_volumeMembers = ["type", "source", "target", "readOnly", "create", "copy", "noexec"];
    private static readonly string[] s_symlinkMembers = ["type", "source", "target", "noexec"];

    /// <summary>The mounts in order; null stands for one that could not be read.</summary>
    public static List<Mount> Mounts(ref JsonCursor json, HostPaths paths)
    {
        var mounts = new List<Mount>();
        if (!json.EnterArray("must be a list of mounts"))
        {
            return mounts;
        }

        while (json.NextElement())
        {
            mounts.Add(Mount(ref json, paths)!);
        }

        return mounts;
    }

    private static Mount? Mount(ref JsonCursor json, HostPaths paths)
    {
        var start = json.Offset;
        var type = KnownType(json.PeekText("type"));
        if (!json.EnterObject("must be an object such as { \"type\": \"tmpfs\", \"target\": \"/scratch\" }"))
        {
            return null;
        }

        var fields = default(Fields);
        while (json.NextMember(Members.Mount) is { } member)
        {
            if (type is not null && Array.IndexOf(MembersOf(type), member) < 0)
            {
                json.Refuse($"\"{member}\" does not apply to a {type} mount");
                continue;
            }

            ReadMember(ref json, member, ref fields, type, paths);
        }

        json.RequireMember("type", fields.TypeSeen, start);
        json.RequireMember("target", fields.TargetSeen, start);
        json.RequireMember("source", fields.SourceSeen || type is null or "tmpfs", start);
        if (fields is { Digest: not null } and ({ Writable: true } or { Optional: true }))
        {
            json.ProblemAt(start, $"\"{(fields.Writable ? "writable" : "optional")}\" does not apply to a file of the store");
        }

        return Build(type, fields);
    }

    private static void ReadMember(
        ref JsonCursor json, string member, ref Fields fields, string? type, HostPaths paths)
    {
        switch (member)
        {
            case "type":
                fields.TypeSeen = true;
                CheckType(ref json);
                break;
            case "source":
                fields.SourceSeen = true;
                ReadSource(ref json, ref fields, type, paths);
                break;
            case "target":
                fields.TargetSeen = true;
                fields.Target = FieldReaders.InsidePath(ref json);
                break;
            case "writable":
                fields.Writable = json.Boolean() ?? false;
                break;
            case "optional":
                fields.Optional = json.Boolean() ?? false;
                break;
            case "noexec":
                fields.NoExec = json.Boolean() ?? false;
                break;
            case "readOnly":
                fields.ReadOnly = json.Boolean() ?? false;
                break;
            case "create":
                fields.Create = json.Boolean() ?? false;
                break;
            case "copy":
                fields.StaysEmpty = !(json.Boolean() ?? true);
                break;
            case "upper":
                fields.Upper = paths.Read(ref json);
                break;
            case "size":
                fields.Size = FieldReaders.Size(ref json);
                break;
            default:
                fields.Inodes = json.Integer("must be a whole number");
                break;
        }
    }

    private static void ReadSource(ref JsonCursor json, ref Fields fields, string? type, HostPaths paths)
    {
        if (type == "bind" && HostPaths.Digest(ref json) is { } digest)
        {
            fields.Digest = digest;
            return;
        }

        fields.Source = type switch
        {
            "symlink" => json.Text("must be a string"),
            "volume" => json.Text("must be the name of a volume"),
            _ => paths.Read(ref json),
        };
    }

    private static void CheckType(ref JsonCursor json)
    {
        const string Expected = "must be \"bind\", \"volume\", \"tmpfs\", \"overlay\" or \"symlink\"";
        var text = json.Text(Expected);
        if (text is not null && Array.IndexOf(Members.MountTypes, text) < 0)
        {
            json.Problem(Expected, Suggestions.For(text, Members.MountTypes));
        }
    }

    private static string? KnownType(string? type) => Array.IndexOf(Members.MountTypes, type) < 0 ? null : type;

    private static string[] MembersOf(string type) => type switch
    {
        "bind" => s_bindMembers,
        "volume" => s_volumeMembers,
        "tmpfs" => s_tmpfsMembers,
        "overlay" => s_overlayMembers,
        _ => s_symlinkMembers,
    };

    private static Mount? Build(string? type, in Fields fields)
    {
        if (fields.Target is not { } target || (type != "tmpfs" && fields.Source is null && fields.Digest is null))
        {
            return null;
        }

        if (fields.Digest is { } digest)
        {
            return new StoredMount { Sha256 = digest, Target = target, NoExec = fields.NoExec };
        }

        return type switch
        {
            "bind" => new BindMount
            {
                Source = fields.Source!,
                Target = target,
                NoExec = fields.NoExec,
                Writable = fields.Writable,
                Optional = fields.Optional,
            },
            "volume" => new VolumeMount
            {
                Name = fields.Source!,
                Target = target,
                NoExec = fields.NoExec,
                ReadOnly = fields.ReadOnly,
                Create = fields.Create,
                Copy = !fields.StaysEmpty,
            },
            "tmpfs" => new TmpfsMount
            {
                Target = target,
                NoExec = fields.NoExec,
                SizeBytes = fields.Size,
                Inodes = fields.Inodes,
            },
            "overlay" => new OverlayMount { Source = fields.Source!, Target = target, NoExec = fields.NoExec, Upper = fields.Upper },
            "symlink" => new SymlinkMount { Source = fields.Source!, Target = target, NoExec = fields.NoExec },
            _ => null,
        };
    }

    private struct Fields
    {
        public bool TypeSeen;
        public bool SourceSeen;
        public bool TargetSeen;
        public string? Source;
        public string? Digest;
        public string? Target;
        public bool Writable;
        public bool Optional;
        public bool NoExec;
        public bool ReadOnly;
        public bool Create;
        public bool StaysEmpty;
        public string? Upper;
        public long? Size;
        public long? Inodes;
    }
}
