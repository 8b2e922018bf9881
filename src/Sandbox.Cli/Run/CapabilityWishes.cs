
namespace Sandbox.Cli.Run;

/// <summary>What <c>--cap-add</c> and <c>--cap-drop</c> leave, in whatever order they come. Nothing is granted unasked, so most drops are no news.</summary>
internal sealed class CapabilityWishes
{
    private const string Prefix = "CAP_";
    private const string All = "ALL";

    // capabilities(7), Linux 6.18. A misspelt name must not pass for one that was dropped.
    private static readonly string[] s_known =
    [
        All, "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH",
        "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "MKNOD", "NET_ADMIN",
        "NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW", "PERFMON", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYSLOG", "SYS_ADMIN", "SYS_BOOT",
        "SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "WAKE_ALARM",
    ];

    private readonly List<string> _added = [];
    private readonly HashSet<string> _dropped = new(StringComparer.Ordinal);

    /// <summary>The names for job.json. ALL of <c>--cap-drop</c> is what there is to begin with, and takes back nothing (docker run).</summary>
    public IReadOnlyList<string> Granted => [.. _added.Where(name => !_dropped.Contains(name))];

    /// <summary>Asks for some, parted by commas; returns what is wrong, or null. Whether a job may have them is told by the job's own check.</summary>
    public string? Add(string names)
    {
        foreach (var given in names.Split(','))
        {
            var name = Bare(given);
            if (!_added.Contains(name))
            {
                _added.Add(name);
            }
        }

        return null;
    }

    /// <summary>Declines some, parted by commas; returns what is wrong, or null.</summary>
    public string? Drop(string names)
    {
        foreach (var given in names.Split(','))
        {
            var name = Bare(given);
            if (Array.IndexOf(s_known, name) < 0)
            {
                return $"\"{given}\" is no capability" + (NearestName.Of(name, s_known) is { } meant ? $"; did you mean {meant}?" : "");
            }

            _dropped.Add(name);
        }

        return null;
    }

    private static string Bare(string name)
    {
        var upper = name.ToUpperInvariant();
        return upper.StartsWith(Prefix, StringComparison.Ordinal) ? upper[Prefix.Length..] : upper;
    }
}
