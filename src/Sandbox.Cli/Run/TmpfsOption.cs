using System.Globalization;

namespace Sandbox.Cli.Run;

/// <summary><c>--tmpfs DST[:OPTIONS]</c>; programs in it can be executed unless <c>noexec</c> is given.</summary>
internal static class TmpfsOption
{
    private static readonly string[] s_options = ["size", "nr_inodes", "noexec", "exec", "rw", "nosuid", "nodev"];

    public static string? Apply(JobDraft draft, string value)
    {
        var colon = value.IndexOf(':');
        var target = Path.TrimEndingDirectorySeparator(colon < 0 ? value : value[..colon]);
        var mount = new TmpfsMount { Target = target };
        string? size = null;
        string? inodes = null;
        foreach (var option in colon < 0 ? [] : value[(colon + 1)..].Split(','))
        {
            var equals = option.IndexOf('=');
            switch (equals < 0 ? option : option[..equals])
            {
                case "size" when equals > 0:
                    size = option[(equals + 1)..];
                    break;
                case "nr_inodes" or "inodes" when equals > 0:
                    inodes = option[(equals + 1)..];
                    break;
                case "noexec" when equals < 0:
                    mount = mount with { NoExec = true };
                    break;
                case "exec" or "rw" or "nosuid" or "nodev" when equals < 0:
                    // The default, or always so.
                    break;
                default:
                    return $"\"{option}\" is no option of a tmpfs: {Choices.Listed(s_options)}";
            }
        }

        return Add(draft, mount, size, inodes);
    }

    /// <summary>Adds the mount with what was said of its size; returns what is wrong, or null.</summary>
    public static string? Add(JobDraft draft, TmpfsMount mount, string? size, string? inodes)
    {
        if (size is not null)
        {
            if (CommandQuantity.Size(size, out var bytes) is { } problem)
            {
                return "size " + problem;
            }

            mount = mount with { SizeBytes = bytes };
        }

        if (inodes is not null)
        {
            if (!long.TryParse(inodes, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            {
                return "the number of inodes must be a whole number";
            }

            mount = mount with { Inodes = count };
        }

        draft.Add(mount);
        return null;
    }
}
