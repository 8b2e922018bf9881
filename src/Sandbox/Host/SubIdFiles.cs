using System.Globalization;

namespace Sandbox.Host;

/// <summary>Which subordinate ids a user has: /etc/subuid and /etc/subgid (subuid(5), subgid(5)), and who may map them.</summary>
internal static class SubIdFiles
{
    private const string Pointer = "/subids";

    private static readonly string[] s_directories = ["/usr/bin", "/usr/local/bin", "/bin", "/run/wrappers/bin"];

    /// <summary>Those of a user.</summary>
    /// <param name="uid">The user.</param>
    /// <param name="files">The host's files.</param>
    /// <exception cref="SandboxException">There are none, or nothing that maps them.</exception>
    public static SubordinateIds Of(uint uid, HostFiles files)
    {
        var name = NameOf(uid, files);
        var (firstUid, uids) = Range("/etc/subuid", uid, name, files);
        var (firstGid, gids) = Range("/etc/subgid", uid, name, files);
        return new()
        {
            FirstUid = firstUid,
            Uids = uids,
            FirstGid = firstGid,
            Gids = gids,
            UidProgram = Program("newuidmap", files),
            GidProgram = Program("newgidmap", files),
        };
    }

    private static (uint First, uint Count) Range(string file, uint uid, string? name, HostFiles files)
    {
        var number = uid.ToString(CultureInfo.InvariantCulture);
        foreach (var line in files.Lines(file[1..]))
        {
            var fields = line.Trim().Split(':');
            if (fields.Length == 3 && (fields[0] == name || fields[0] == number) &&
                uint.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var first) && first > 0 &&
                uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0)
            {
                return (first, Math.Min(count, SubordinateIds.Most));
            }
        }

        throw new SandboxException($"{file} gives the user {name ?? number} no ids")
        {
            Operation = Operation.FindSubIds,
            Path = file,
            Errno = "ENOENT",
            Pointer = Pointer,
            Hint = $"as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {name ?? number}",
        };
    }

    private static string Program(string name, HostFiles files)
    {
        foreach (var directory in s_directories)
        {
            if (files.Exists($"{directory[1..]}/{name}"))
            {
                return $"{directory}/{name}";
            }
        }

        throw new SandboxException($"{name}(1) is not installed")
        {
            Operation = Operation.FindSubIdProgram,
            Path = $"{s_directories[0]}/{name}",
            Errno = "ENOENT",
            Pointer = Pointer,
        };
    }

    private static string? NameOf(uint uid, HostFiles files)
    {
        foreach (var line in files.Lines("etc/passwd"))
        {
            var fields = line.Split(':');
            if (fields.Length > 2 && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var found) && found == uid)
            {
                return fields[0];
            }
        }

        return null;
    }
}

/// <summary>The ids that a job gets next to its own: those from 1 on inside are these outside (subuid(5)).</summary>
internal sealed record SubordinateIds
{
    /// <summary>More are of no use: 65535 is the last id of 16 bits.</summary>
    public const uint Most = 65535;

    /// <summary>First uid outside.</summary>
    public required uint FirstUid { get; init; }

    /// <summary>How many uids, 1 to <see cref="Most"/>.</summary>
    public required uint Uids { get; init; }

    /// <summary>First gid outside.</summary>
    public required uint FirstGid { get; init; }

    /// <summary>How many gids, 1 to <see cref="Most"/>.</summary>
    public required uint Gids { get; init; }

    /// <summary>Path of newuidmap(1); empty where real root maps by itself.</summary>
    public string UidProgram { get; init; } = "";

    /// <summary>Path of newgidmap(1), as above.</summary>
    public string GidProgram { get; init; } = "";
}
