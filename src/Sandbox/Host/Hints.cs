namespace Sandbox.Host;

/// <summary>Hints for set-up errors: what <c>sandbox doctor</c> would say, found after the failure only.</summary>
internal static class Hints
{
    // Longer words first where one contains another.
    private static readonly (string Word, HostProbe Probe)[] s_steps =
    [
        ("inner user namespace", HostProbe.InnerUserNamespace),
        ("spawn launcher", HostProbe.MemfdExec),
        ("uid map", HostProbe.UidMap),
        ("gid map", HostProbe.GidMap),
        ("clone", HostProbe.Clone3),
        ("user namespace", HostProbe.UserNamespace),
        ("bind", HostProbe.ReadOnlyBind),
        ("overlay", HostProbe.Overlay),
        ("mount proc", HostProbe.Proc),
        ("proc", HostProbe.Proc),
        ("mount tmpfs", HostProbe.Tmpfs),
        ("tmpfs", HostProbe.Tmpfs),
        ("pivot", HostProbe.PivotRoot),
        ("sysctl", HostProbe.UserSysctl),
        ("hostname", HostProbe.UtsNamespace),
        ("loopback", HostProbe.Loopback),
        ("securebits", HostProbe.Securebits),
        ("keyring", HostProbe.Keyring),
        ("listener", HostProbe.SeccompNotify),
        ("seccomp", HostProbe.SeccompFilter),
        ("landlock", HostProbe.Landlock),
        ("perf", HostProbe.PerfTaskClock),
    ];

    /// <summary>What to do about a failed step; null if nothing known explains it.</summary>
    public static string? For(string step, string? errno)
    {
        if (errno is null || ProbeOf(step) is not { } probe)
        {
            return null;
        }

        return OfTheJob(probe, errno) ?? For(probe, errno, new HostFactsReader(new HostFiles()).Read());
    }

    /// <summary>The same on given facts.</summary>
    internal static string? For(HostProbe probe, string errno, HostFacts facts) =>
        Diagnosis.For(probe, errno, facts)?.ToHint();

    /// <summary>Which probe asks the kernel for the same thing as the step; a step begins with its verb.</summary>
    internal static HostProbe? ProbeOf(string step)
    {
        foreach (var (word, probe) in s_steps)
        {
            if (step.StartsWith(word, StringComparison.OrdinalIgnoreCase))
            {
                return probe;
            }
        }

        foreach (var (word, probe) in s_steps)
        {
            if (step.Contains(word, StringComparison.OrdinalIgnoreCase))
            {
                return probe;
            }
        }

        return null;
    }

    // Some errors lie in what the job asked for, not in the host.
    private static string? OfTheJob(HostProbe probe, string errno) => (probe, errno) switch
    {
        (HostProbe.ReadOnlyBind or HostProbe.Overlay, "ENOENT") =>
            "the source or the target does not exist; \"optional\": true skips a missing source",
        (HostProbe.ReadOnlyBind or HostProbe.Overlay, "EACCES") =>
            "the source, or a folder above it, is not readable for the user who runs the sandbox",
        (HostProbe.ReadOnlyBind or HostProbe.Overlay, "ENOTDIR") =>
            "source and target must both be folders, or both be files",
        (HostProbe.ReadOnlyBind or HostProbe.Overlay, "ELOOP") =>
            "the target leads through a symbolic link, which is never followed",
        (HostProbe.Tmpfs, "EINVAL") => "the size or the number of inodes is out of range",
        (HostProbe.Clone3 or HostProbe.MemfdExec, "EAGAIN") =>
            "the user's limit of processes is reached (ulimit -u, or TasksMax= of the session)",
        (HostProbe.MemfdExec or HostProbe.Clone3 or HostProbe.Tmpfs, "ENOMEM") => "the host is out of memory",
        (HostProbe.MemfdExec, "EMFILE" or "ENFILE") => "too many open files: raise ulimit -n, or run fewer jobs at once",
        _ => null,
    };
}
