
namespace Sandbox.Cli.Run;

/// <summary>What <c>--cap-add</c> and <c>--cap-drop</c> leave, in whatever order they come. Nothing is granted unasked, so most drops are no news.</summary>
internal sealed class CapabilityWishes
{
    /// <summary>Every capability that there is.</summary>
    public const string All = "ALL";

    // Every port of a network of its own is a job's without it.
    private const string Unneeded = "NET_BIND_SERVICE";

    private const string Prefix = "CAP_";

    // capabilities(7), Linux 6.18. A misspelt name must not pass for one that was dropped.
    private static readonly string[] s_known =
    [
        All, "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH",
        "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "MKNOD", "NET_ADMIN",
        "NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW", "PERFMON", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYSLOG", "SYS_ADMIN", "SYS_BOOT",
        "SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "WAKE_ALARM",
    ];

    // Those that a job can have, by the kernel's names.
    private static readonly (string Name, CapabilitySet Value)[] s_granted =
        [.. Enum.GetValues<CapabilitySet>().Where(value => value != CapabilitySet.None).Select(value => (NameOf(value), value))];

    private CapabilitySet _added;
    private CapabilitySet _dropped;

    /// <summary>The names of those that a job can have.</summary>
    public static string[] Grantable => [.. s_granted.Select(entry => entry.Name)];

    /// <summary>What the job gets. ALL of <c>--cap-drop</c> is what there is to begin with, and takes back nothing (docker run).</summary>
    public CapabilitySet Granted => _added & ~_dropped;

    /// <summary>Asks for some, parted by commas; returns what is wrong, or null.</summary>
    public string? Add(string names)
    {
        foreach (var given in names.Split(','))
        {
            var capability = ValueOf(Bare(given));
            if (capability == CapabilitySet.None && Bare(given) != Unneeded)
            {
                return $"no job is granted this; possible are {string.Join(", ", Grantable)}";
            }

            _added |= capability;
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

            _dropped |= ValueOf(name);
        }

        return null;
    }

    private static CapabilitySet ValueOf(string name) => Array.Find(s_granted, entry => entry.Name == name).Value;

    // DacOverride is DAC_OVERRIDE (capabilities(7)).
    private static string NameOf(CapabilitySet value) =>
        string.Concat(value.ToString().Select((letter, place) => place > 0 && char.IsUpper(letter) ? $"_{letter}" : $"{char.ToUpperInvariant(letter)}"));

    private static string Bare(string name)
    {
        var upper = name.ToUpperInvariant();
        return upper.StartsWith(Prefix, StringComparison.Ordinal) ? upper[Prefix.Length..] : upper;
    }
}
