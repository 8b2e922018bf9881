
namespace Sandbox.Cli.Run;

/// <summary>
/// <c>-v SRC:DST[:OPTIONS]</c>: a file or directory of the host, read-only unless said otherwise; or a volume, as with docker, where SRC is its name, and has no
/// slash.
/// </summary>
internal static class VolumeOption
{
    private const string Upper = "upper=";

    private static readonly string[] s_options = ["ro", "rw", "overlay", "O", "upper=DIRECTORY", "noexec", "optional", "nocopy"];

    public static string? Apply(JobDraft draft, string value)
    {
        if (value.StartsWith(FileStore.NamePrefix, StringComparison.Ordinal))
        {
            return ApplyStored(draft, value[FileStore.NamePrefix.Length..].Split(':'));
        }

        var parts = value.Split(':');
        if (parts.Length < 2)
        {
            return "must be SRC:DST[:OPTIONS]; --tmpfs gives an empty directory";
        }

        if (parts[0].Length == 0 || parts[1].Length == 0)
        {
            return "must be SRC:DST[:OPTIONS], none of them empty";
        }

        string[] options = [.. parts[2..].SelectMany(part => part.Split(','))];
        if (VolumeStore.IsName(parts[0]) && !Array.Exists(options, IsOfDirectory))
        {
            return ApplyVolume(draft, parts[0], Path.TrimEndingDirectorySeparator(parts[1]), options);
        }

        string[] uppers = [.. options.Where(IsUpper).Select(option => option[Upper.Length..])];
        options = [.. options.Where(option => !IsUpper(option))];
        var problem = options.Contains("nocopy") ? "nocopy is for volumes: a directory of the host is never filled" : Problem(options, uppers) ?? draft.PathProblem(parts[0]) ?? (uppers.Length > 0 ? draft.PathProblem(uppers[0]) : null);
        if (problem is not null)
        {
            return problem;
        }

        var mount = Mount(draft.AbsolutePath(parts[0]), Path.TrimEndingDirectorySeparator(parts[1]), options);
        draft.Add(mount is OverlayMount overlay && uppers.Length > 0 ? overlay with { Upper = draft.AbsolutePath(uppers[0]) } : mount);
        return null;
    }

    // Whoever means a directory of the host, and forgets the slash, shall not get an empty one.
    private static string? ApplyVolume(JobDraft draft, string name, string target, string[] options)
    {
        if (Path.Exists(draft.AbsolutePath(name)))
        {
            return $"\"{name}\" would be a volume, and something of that name is in the current directory: ./{name} shows that, and --mount type=volume,source={name},target={target} the volume";
        }

        var problem = Problem(options, []);
        if (problem is null)
        {
            draft.Add(Volume(name, target, options.Contains("ro")) with { NoExec = options.Contains("noexec"), Copy = !options.Contains("nocopy") });
        }

        return problem;
    }

    /// <summary>A volume as options give it: one that is not there is made, unless nobody could write to it, nor does an image fill it.</summary>
    public static VolumeMount Volume(string name, string target, bool readOnly) =>
        new() { Name = name, Target = target, ReadOnly = readOnly, Create = !readOnly };

    // A directory of such a name is written ./sha256.
    private static string? ApplyStored(JobDraft draft, string[] parts)
    {
        string[] options = parts.Length > 2 ? parts[2].Split(',') : [];
        if (parts.Length is < 2 or > 3 || parts[1].Length == 0 || options.Except(["ro", "noexec"]).Any())
        {
            return "must be sha256:DIGITS:DST[:ro,noexec]: a file of the store is always read-only";
        }

        draft.Add(new StoredMount { Sha256 = parts[0], Target = Path.TrimEndingDirectorySeparator(parts[1]), NoExec = options.Contains("noexec") });
        return null;
    }

    // Of what no volume can be.
    private static bool IsOfDirectory(string option) => option is "overlay" or "O" or "optional" || IsUpper(option);

    private static bool IsUpper(string option) => option.StartsWith(Upper, StringComparison.Ordinal);

    private static string? Problem(string[] options, string[] uppers)
    {
        var unknown = Array.Find(options, option => Array.IndexOf(s_options, option) < 0);
        if (unknown is not null)
        {
            return unknown is "z" or "Z"
                ? $"\"{unknown}\" relabels files for SELinux, which the sandbox never does"
                : $"\"{unknown}\" {Choices.Find(unknown, s_options, out _)}";
        }

        string[] kinds = [.. options.Where(option => option is "ro" or "rw" or "overlay" or "O").Distinct()];
        if (kinds.Length > 1)
        {
            return $"{kinds[0]} and {kinds[1]} exclude each other";
        }

        if (uppers.Length > 0 && !IsOverlay(options))
        {
            return "upper belongs to an overlay";
        }

        if (uppers.Length > 1)
        {
            return "upper is given twice";
        }

        return IsOverlay(options) && options.Contains("optional") ? "an overlay cannot be optional" : null;
    }

    private static Mount Mount(string source, string target, string[] options)
    {
        var noExec = options.Contains("noexec");
        return IsOverlay(options)
            ? new OverlayMount { Source = source, Target = target, NoExec = noExec }
            : new BindMount
            {
                Source = source,
                Target = target,
                NoExec = noExec,
                Writable = options.Contains("rw"),
                Optional = options.Contains("optional"),
            };
    }

    private static bool IsOverlay(string[] options) => options.Contains("overlay") || options.Contains("O");
}
