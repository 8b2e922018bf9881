namespace Sandbox.Cli.Isolate;

/// <summary>Finds what the rules of a box mean on this machine.</summary>
/// <param name="box">The folder of the box.</param>
/// <param name="work">Which directory its <c>box</c> is: another one in its place is not shown.</param>
/// <param name="made">What jobs of the box have made, where jobs run under the caller's own id outside: what the mode of the rest keeps from others is kept from them by mounts. Null where they have another id.</param>
internal sealed class DirectoryScan(string box, FileIdentity work, MadeFiles? made)
{
    private const string Work = "./box";

    /// <summary>The mounts of each rule, in order.</summary>
    /// <exception cref="IsolateException">A rule cannot be followed.</exception>
    public IReadOnlyList<BoundDirectory> Of(IEnumerable<DirectoryRule> rules)
    {
        var bound = new List<BoundDirectory>();
        foreach (var rule in rules)
        {
            Mount[] mounts = [.. MountsOf(rule)];
            if (mounts.Length > 0)
            {
                CheckPlace(rule, bound);
            }

            bound.Add(new(rule, mounts));
        }

        return bound;
    }

    /// <summary>Of these, the directories of the caller's that a job may have written to.</summary>
    public static IEnumerable<string> Protected(IEnumerable<BoundDirectory> directories) =>
        directories.Where(static directory => directory.Rule.IsWritable && !IsWork(directory.Rule)).SelectMany(static directory => directory.Mounts.Take(1)).OfType<BindMount>().Select(static mount => mount.Source);

    private static bool IsWork(DirectoryRule rule) => rule.Outside.TrimEnd('/') == Work;

    // Nothing is made in a directory of the machine for what is to be shown in it.
    private static void CheckPlace(DirectoryRule rule, List<BoundDirectory> before)
    {
        var place = "/" + rule.Inside;
        var above = before.SelectMany(static directory => directory.Mounts).LastOrDefault(mount => place.StartsWith(mount.Target + "/", StringComparison.Ordinal));
        if (above is BindMount bind && !Directory.Exists(bind.Source + place[bind.Target.Length..]))
        {
            throw Refused(rule, "No such file or directory");
        }
    }

    private IEnumerable<Mount> MountsOf(DirectoryRule rule) => rule.Kind switch
    {
        RuleKind.Temporary => [new TmpfsMount { Target = "/" + rule.Inside, NoExec = rule.IsNoExec }],
        RuleKind.FileSystem => FileSystem(rule),
        _ => Bind(rule),
    };

    private static IEnumerable<Mount> FileSystem(DirectoryRule rule) => (rule.Outside, rule.Inside, rule.IsWritable) switch
    {
        // A job has these three in any case, in instances of its own.
        ("proc", "proc", _) or ("devpts", "dev/pts", _) => [],
        ("tmpfs", _, true) => [new TmpfsMount { Target = "/" + rule.Inside, NoExec = rule.IsNoExec }],
        _ => throw new IsolateException($"Cannot mount {rule.Outside} on {rule.Inside}: only proc on proc, devpts on dev/pts, and a tmpfs with :rw can be"),
    };

    private IEnumerable<Mount> Bind(DirectoryRule rule)
    {
        var source = rule.Outside.StartsWith("./", StringComparison.Ordinal) ? box + rule.Outside[1..] : rule.Outside;
        if (!Directory.Exists(source))
        {
            return rule.IsOptional ? [] : throw Refused(rule, File.Exists(source) ? "Not a directory" : "No such file or directory");
        }

        if (rule is { Inside: "dev", Outside: "/dev" })
        {
            return [];
        }

        if (rule.HasDevices)
        {
            throw Refused(rule, "a job has no devices of the machine but those of its own /dev");
        }

        if (rule.IsAlone && MountsBelow(source))
        {
            throw Refused(rule, "norec cannot be held where something is mounted below");
        }

        var target = "/" + rule.Inside;
        var isWork = IsWork(rule);
        return rule.IsWritable && made is not null && !isWork
            ? ModeMounts.Of(source, target, rule.IsNoExec, made)
            : [new BindMount { Source = source, Target = target, Writable = rule.IsWritable, NoExec = rule.IsNoExec, Identity = isWork ? work : null }];
    }

    private static IsolateException Refused(DirectoryRule rule, string reason) => new($"Cannot mount {rule.Outside} on {rule.Inside}: {reason}");

    // proc(5), /proc/pid/mountinfo: the fifth word is where; blanks in it are \040, which no prefix that we look for has then.
    private static bool MountsBelow(string source)
    {
        var below = (Interop.Descriptors.RealPath(source) ?? source).TrimEnd('/').Replace(" ", "\\040", StringComparison.Ordinal) + "/";
        return File.ReadLines("/proc/self/mountinfo").Any(line => line.Split(' ') is [_, _, _, _, var place, ..] && place.StartsWith(below, StringComparison.Ordinal));
    }
}
