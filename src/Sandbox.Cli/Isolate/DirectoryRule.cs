namespace Sandbox.Cli.Isolate;

/// <summary>What is at a place of a box.</summary>
internal enum RuleKind
{
    /// <summary>A directory of the machine.</summary>
    Bind,

    /// <summary>A file system of the kernel: <c>proc</c>, <c>sysfs</c>, <c>tmpfs</c>, <c>devpts</c>.</summary>
    FileSystem,

    /// <summary>A fresh directory.</summary>
    Temporary,

    /// <summary>Nothing.</summary>
    Removed,
}

/// <summary>One rule of <c>--dir</c>: what is shown where.</summary>
internal sealed record DirectoryRule
{
    /// <summary>Where, without the slash at the beginning.</summary>
    public required string Inside { get; init; }

    /// <summary>What: a path, <c>./</c> for one in the folder of the box; or the name of a file system. Empty where there is none.</summary>
    public string Outside { get; init; } = "";

    /// <summary>Of which kind <see cref="Outside"/> is.</summary>
    public required RuleKind Kind { get; init; }

    /// <summary>It can be written to.</summary>
    public bool IsWritable { get; init; }

    /// <summary>No program is executed from it.</summary>
    public bool IsNoExec { get; init; }

    /// <summary>Devices in it can be used.</summary>
    public bool HasDevices { get; init; }

    /// <summary>It is left out if it is not there.</summary>
    public bool IsOptional { get; init; }

    /// <summary>What is mounted below is not shown.</summary>
    public bool IsAlone { get; init; }

    /// <summary>The rules that every box has.</summary>
    public static IReadOnlyList<DirectoryRule> Defaults { get; } = [.. new[]
    {
        "box=./box:rw", "bin", "dev:dev:norec", "dev/shm=tmpfs:fs:rw", "lib", "lib64:maybe", "proc=proc:fs", "tmp:tmp", "usr",
    }.Select(static text => Parse(text, out _)!)];

    /// <summary>Reads one.</summary>
    /// <param name="text"><c>IN=OUT</c>, <c>DIR</c> or <c>IN=</c>, and options behind colons.</param>
    /// <param name="problem">What is wrong; empty for nothing.</param>
    /// <returns>Null if something is wrong.</returns>
    public static DirectoryRule? Parse(string text, out string problem)
    {
        var words = text.Split(':');
        var equals = words[0].IndexOf('=');
        var inside = Inner(equals < 0 ? words[0] : words[0][..equals]);
        problem = $"Invalid directory rule specified: {text}";
        if (inside is null)
        {
            return null;
        }

        var options = new HashSet<string>(StringComparer.Ordinal);
        foreach (var option in words.Skip(1))
        {
            if (option is not ("rw" or "noexec" or "dev" or "maybe" or "norec" or "fs" or "tmp"))
            {
                problem = $"Unknown directory option {option}";
                return null;
            }

            options.Add(option);
        }

        var outside = equals < 0 ? null : words[0][(equals + 1)..];
        if (KindOf(outside, options) is not { } kind)
        {
            return null;
        }

        problem = "";
        return new()
        {
            Inside = inside,
            Outside = kind == RuleKind.Bind ? outside ?? "/" + inside : outside ?? "",
            Kind = kind,
            IsWritable = options.Contains("rw") || kind == RuleKind.Temporary,
            IsNoExec = options.Contains("noexec"),
            HasDevices = options.Contains("dev"),
            IsOptional = options.Contains("maybe"),
            IsAlone = options.Contains("norec"),
        };
    }

    /// <summary>The rules in force, in their order: one for a place takes the place of an earlier one for it.</summary>
    public static IReadOnlyList<DirectoryRule> InForce(IReadOnlyList<DirectoryRule> given, bool withDefaults)
    {
        List<DirectoryRule> rules = [.. Defaults];
        var count = rules.Count;
        var isDefault = Enumerable.Repeat(true, count).ToList();
        foreach (var rule in given)
        {
            var place = rules.FindIndex(known => known.Inside == rule.Inside);
            if (place < 0)
            {
                rules.Add(rule);
                isDefault.Add(false);
                continue;
            }

            rules[place] = rule;
            isDefault[place] = false;
        }

        return [.. rules.Where((rule, index) => rule.Kind != RuleKind.Removed && (withDefaults || !isDefault[index]))];
    }

    private static RuleKind? KindOf(string? outside, HashSet<string> options)
    {
        if (options.Contains("fs"))
        {
            return options.Contains("tmp") || outside is null or "" || outside.Contains('/') ? null : RuleKind.FileSystem;
        }

        if (options.Contains("tmp"))
        {
            return outside is null ? RuleKind.Temporary : null;
        }

        return outside switch
        {
            null or ['/', ..] or ['.', '/', ..] => RuleKind.Bind,
            "" => RuleKind.Removed,
            _ => null,
        };
    }

    // Without slashes at both ends, so that one place has one name; null for the root itself, and for what climbs.
    private static string? Inner(string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(static part => part != ".").ToArray();
        return parts.Length == 0 || parts.Contains("..") ? null : string.Join('/', parts);
    }
}
