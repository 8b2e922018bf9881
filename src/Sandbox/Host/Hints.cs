namespace Sandbox.Host;

/// <summary>Hints for set-up errors: what <c>sandbox doctor</c> would say, found after the failure only.</summary>
internal static class Hints
{
    // Longer words first where one contains another.
    private static readonly (string Word, HostProbe Probe)[] s_steps =
    [
        ("inner user namespace", HostProbe.InnerUserNamespace),
        ("spawn launcher", HostProbe.MemfdExec),
        ("launcher memfd", HostProbe.MemfdExec),
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
        ("devices", HostProbe.Tmpfs),
        ("mask", HostProbe.ReadOnlyBind),
        ("seal root", HostProbe.ReadOnlyBind),
        ("lock privilege", HostProbe.Securebits),
        ("cpu clock", HostProbe.PerfTaskClock),
        ("perf", HostProbe.PerfTaskClock),
    ];

    /// <summary>What to do about a failed step; null if nothing known explains it.</summary>
    public static string? For(string step, string? errno)
    {
        if (errno is null)
        {
            return null;
        }

        if ((OfTheJob(step, errno) ?? UsedUp(errno)) is { } hint)
        {
            return hint;
        }

        return ProbeOf(step) is { } probe ? For(probe, errno, new HostFactsReader(new HostFiles()).Read()) : null;
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
    private static string? OfTheJob(string step, string errno) => (FirstWord(step), errno) switch
    {
        ("bind", "ENOENT") => "the source does not exist on the host; an optional bind (\"optional\": true) is skipped then",
        ("overlay", "ENOENT") => "the source, or the folder that is to keep the changes, does not exist on the host",
        ("bind" or "overlay", "EACCES") =>
            "the source, or a folder above it, is not readable for the user who runs the sandbox",
        ("bind", "ENOTDIR" or "EISDIR") => "source and target must both be folders, or both be files",
        ("overlay", "ELOOP") =>
            "the target leads through a symbolic link, which is never followed, or the folder that is to keep the changes and the source lie in each other",
        ("bind" or "file" or "folder" or "symlink" or "mount", "ELOOP") =>
            "the target leads through a symbolic link, which is never followed",
        ("bind" or "overlay" or "file" or "folder" or "symlink" or "mount", "EROFS") =>
            "the target lies below a read-only mount; mount points are never made in the host's own folders",
        ("file" or "folder" or "symlink", "ENOSPC") => "what the job brings does not fit: raise limits.disk",
        ("symlink", "EEXIST") => "something else is there already: another link, a file or a folder",
        ("working", "ENOENT") => "the folder is not in the sandbox, and the job may not make it there: choose one below /work, or mount one",
        ("mount", "EINVAL") => "the size or the number of inodes is out of range",
        ("rlimit", "EPERM") => "the limit is above the hard limit of the user who runs the sandbox (ulimit -H -a)",
        ("spawn" or "clone", "EAGAIN") => "the user's limit of processes is reached (ulimit -u, TasksMax= of the session)",
        ("give", "EPERM") => "real root without CAP_CHOWN: run the sandbox with it, or as an ordinary user",
        ("control", "EACCES" or "EPERM" or "ENOENT") =>
            "the sandbox has to be started inside of the control group that was delegated; \"sandbox doctor\" says more, and --cgroup none does without",
        ("control", "EAGAIN" or "ENOSPC") => "too many control groups, or tasks, for a group above: cgroup.max.descendants, pids.max",
        ("control", "EBUSY") => "processes live in the control group itself: move them into one below it",
        (_, "ETOOMANYREFS") =>
            "too many descriptors are on their way in sockets of this user's processes (unix(7)), which a running job can have done: end it, give jobs fewer openFiles, or raise ulimit -n (soft and hard) above theirs",
        ("cpu", "EINVAL") => "none of the processors is one the job may run on",
        _ => null,
    };

    // Whatever was being done: what the sandbox itself may have is used up.
    private static string? UsedUp(string errno) => errno switch
    {
        "EMFILE" => "too many open files: raise ulimit -n, or run fewer jobs at once",
        "ENFILE" => "too many open files on this host: raise fs.file-max, or run fewer jobs at once",
        "EFBIG" => "the limit of file sizes is too low for the sandbox itself: raise ulimit -f",
        "ENOMEM" => "the host is out of memory, or the limit of the sandbox itself is too low: raise ulimit -v and ulimit -d",
        "ETOOMANYREFS" => "too many of this user's descriptors wait in sockets (unix(7)): raise ulimit -n, or end the jobs that hold them",
        _ => null,
    };

    private static string FirstWord(string step)
    {
        var end = step.IndexOf(' ', StringComparison.Ordinal);
        return end < 0 ? step : step[..end];
    }
}
