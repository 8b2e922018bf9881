
namespace Sandbox.Cli.Run;

/// <summary>
/// <c>--mount type=bind,source=SRC,target=DST</c>: Docker's syntax, which is one line of CSV, so that a field in quotes
/// may hold commas. A bind is read-only unless it says otherwise, as everywhere in the sandbox.
/// </summary>
internal static class MountOption
{
    private static readonly string[] s_types = ["bind", "volume", "tmpfs", "overlay", "symlink"];

    // The first of each is the name that errors use.
    private static readonly string[][] s_keys =
    [
        ["type"], ["source", "src"], ["target", "destination", "dst"], ["readonly", "ro"], ["writable", "rw"], ["noexec"], ["optional"],
        ["nocopy", "volume-nocopy"], ["upper"], ["size", "tmpfs-size"], ["inodes", "nr_inodes"],
    ];

    private static readonly string[] s_switches = ["readonly", "writable", "noexec", "optional", "nocopy"];

    public static string? Apply(JobDraft draft, string value)
    {
        if (ReadFields(value, out var fields) is { } problem)
        {
            return problem;
        }

        if (!fields.TryGetValue("type", out var type))
        {
            return $"type is missing: {Choices.Listed(s_types)}";
        }

        return (Choices.Find(type, s_types, out _) is { } unknown ? $"type {unknown}" : null) ?? CheckKeys(type, fields) ?? Add(draft, type, fields);
    }

    private static string? ReadFields(string value, out Dictionary<string, string> fields)
    {
        fields = new(StringComparer.Ordinal);
        if (CsvLine.Split(value) is not { } words)
        {
            return "has a quote that is not closed, or text after one";
        }

        foreach (var word in words)
        {
            if (ReadField(word, fields) is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    private static string? ReadField(string word, Dictionary<string, string> fields)
    {
        var equals = word.IndexOf('=');
        var name = equals < 0 ? word : word[..equals];
        if (Array.Find(s_keys, names => Array.IndexOf(names, name) >= 0) is not [var key, ..])
        {
            string[] all = [.. s_keys.Select(names => names[0])];
            return $"\"{name}\" {Choices.Find(name, all, out _)}";
        }

        var isSwitch = Array.IndexOf(s_switches, key) >= 0;
        if (equals < 0 && !isSwitch)
        {
            return $"{name} needs a value: {name}=…";
        }

        var text = equals < 0 ? "true" : word[(equals + 1)..];
        if (isSwitch && text is not ("true" or "false" or "1" or "0"))
        {
            return $"{name} must be true or false";
        }

        return fields.TryAdd(key, text) ? null : $"{key} is given twice";
    }

    private static string? CheckKeys(string type, Dictionary<string, string> fields)
    {
        foreach (var name in fields.Keys)
        {
            var applies = name switch
            {
                "source" => type != "tmpfs",
                "readonly" => type is "bind" or "volume",
                "writable" or "optional" => type == "bind",
                "nocopy" => type == "volume",
                "upper" => type == "overlay",
                "size" or "inodes" => type == "tmpfs",
                _ => true,
            };
            if (!applies)
            {
                return $"{name} does not apply to a {type} mount";
            }
        }

        if (!fields.ContainsKey("target") || (type != "tmpfs" && !fields.ContainsKey("source")))
        {
            return fields.ContainsKey("target") ? "source is missing" : "target is missing";
        }

        return fields.ContainsKey("readonly") && fields.ContainsKey("writable") ? "readonly and writable exclude each other" : null;
    }

    private static string? Add(JobDraft draft, string type, Dictionary<string, string> fields)
    {
        var target = Path.TrimEndingDirectorySeparator(fields["target"]);
        var noExec = IsOn(fields, "noexec");
        switch (type)
        {
            case "tmpfs":
                return TmpfsOption.Add(draft, new TmpfsMount { Target = target, NoExec = noExec }, fields.GetValueOrDefault("size"), fields.GetValueOrDefault("inodes"));
            case "volume":
                draft.Add(VolumeOption.Volume(fields["source"], target, IsOn(fields, "readonly")) with { NoExec = noExec, Copy = !IsOn(fields, "nocopy") });
                return null;
            case "symlink":
                draft.Add(new SymlinkMount { Source = fields["source"], Target = target, NoExec = noExec });
                return null;
            case "overlay":
                return AddOverlay(draft, fields["source"], fields.GetValueOrDefault("upper"), target, noExec);
            case "bind" when fields["source"].StartsWith(FileStore.NamePrefix, StringComparison.Ordinal):
                draft.Add(new StoredMount { Sha256 = fields["source"][FileStore.NamePrefix.Length..], Target = target, NoExec = noExec });
                return fields.ContainsKey("writable") || fields.ContainsKey("optional") ? "a file of the store is read-only and never optional" : null;
            default:
                return draft.WithPath(fields["source"], source => draft.Add(new BindMount
                {
                    Source = source,
                    Target = target,
                    NoExec = noExec,
                    Writable = fields.ContainsKey("readonly") ? !IsOn(fields, "readonly") : IsOn(fields, "writable"),
                    Optional = IsOn(fields, "optional"),
                }));
        }
    }

    private static string? AddOverlay(JobDraft draft, string source, string? upper, string target, bool noExec)
    {
        if ((draft.PathProblem(source) ?? (upper is null ? null : draft.PathProblem(upper))) is { } problem)
        {
            return problem;
        }

        draft.Add(new OverlayMount
        {
            Source = draft.AbsolutePath(source),
            Target = target,
            NoExec = noExec,
            Upper = upper is null ? null : draft.AbsolutePath(upper),
        });
        return null;
    }

    private static bool IsOn(Dictionary<string, string> fields, string name) => fields.GetValueOrDefault(name) is "true" or "1";
}
