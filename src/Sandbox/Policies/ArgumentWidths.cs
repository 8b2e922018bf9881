using System.Globalization;

namespace Sandbox.Policies;

/// <summary>
/// Arguments of which the kernel looks at the low 32 bits only. Comparing all 64 would let a job pass a refused
/// value with a high bit set: <c>ioctl(fd, 0x100005412, …)</c> is TIOCSTI to the kernel.
/// </summary>
internal static class ArgumentWidths
{
    public const ulong Low = uint.MaxValue;

    // From the SYSCALL_DEFINE lines of Linux: arguments that are int or unsigned int, and clone's flags, which
    // kernel/fork.c cuts with lower_32_bits(). What is not here is compared in full.
    private static readonly Dictionary<string, byte> s_narrow = new(StringComparer.Ordinal)
    {
        ["accept4"] = 0b1001,
        ["arch_prctl"] = 0b1,
        ["bpf"] = 0b101,
        ["clone"] = 0b1,
        ["close_range"] = 0b111,
        ["dup3"] = 0b111,
        ["epoll_create1"] = 0b1,
        ["eventfd2"] = 0b11,
        ["fallocate"] = 0b11,
        ["fcntl"] = 0b11,
        ["flock"] = 0b11,
        ["fsmount"] = 0b111,
        ["fsopen"] = 0b10,
        ["futex"] = 0b100110,
        ["getpriority"] = 0b11,
        ["getrandom"] = 0b100,
        ["getsockopt"] = 0b111,
        ["inotify_init1"] = 0b1,
        ["ioctl"] = 0b11,
        ["ioprio_set"] = 0b111,
        ["kcmp"] = 0b111,
        ["keyctl"] = 0b1,
        ["kill"] = 0b11,
        ["lseek"] = 0b101,
        ["madvise"] = 0b100,
        ["membarrier"] = 0b111,
        ["memfd_create"] = 0b10,
        ["mlock2"] = 0b100,
        ["msync"] = 0b100,
        ["open"] = 0b10,
        ["openat"] = 0b101,
        ["personality"] = 0b1,
        ["pidfd_open"] = 0b11,
        ["pidfd_send_signal"] = 0b1011,
        ["pipe2"] = 0b10,
        ["prctl"] = 0b1,
        ["prlimit64"] = 0b11,
        ["quotactl"] = 0b101,
        ["recvfrom"] = 0b1001,
        ["recvmsg"] = 0b101,
        ["renameat2"] = 0b10101,
        ["rt_sigqueueinfo"] = 0b11,
        ["sched_setaffinity"] = 0b11,
        ["sched_setattr"] = 0b101,
        ["sched_setparam"] = 0b1,
        ["sched_setscheduler"] = 0b11,
        ["seccomp"] = 0b11,
        ["sendmsg"] = 0b101,
        ["sendto"] = 0b1001,
        ["setns"] = 0b11,
        ["setpriority"] = 0b111,
        ["setrlimit"] = 0b1,
        ["setsockopt"] = 0b10111,
        ["shutdown"] = 0b11,
        ["signalfd4"] = 0b1001,
        ["socket"] = 0b111,
        ["socketpair"] = 0b111,
        ["tgkill"] = 0b111,
        ["timerfd_create"] = 0b11,
        ["tkill"] = 0b11,
        ["umount2"] = 0b10,
        ["userfaultfd"] = 0b1,
        ["wait4"] = 0b101,
        ["waitid"] = 0b1011,
    };

    /// <summary>The bits of an argument that the kernel looks at.</summary>
    public static ulong Mask(string syscall, int argument) =>
        s_narrow.TryGetValue(syscall, out var narrow) && (narrow & (1 << argument)) != 0 ? Low : ulong.MaxValue;
}

/// <summary>Values of the names that policies compare arguments with, such as <c>AF_UNIX</c>, and of errno names.</summary>
internal static class ArgumentNames
{
    private static readonly Lazy<Dictionary<string, ulong>> s_values = new(Read);

    public static IEnumerable<string> All => s_values.Value.Keys;

    public static bool TryFind(string name, out ulong value) => s_values.Value.TryGetValue(name, out value);

    /// <summary>Resolves a name, a decimal or 0x number, or a wildcard whose names are ORed together.</summary>
    public static bool TryResolve(string text, out ulong value)
    {
        value = 0;
        if (text.StartsWith("0x", StringComparison.Ordinal))
        {
            return ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        }

        if (text.Length > 0 && char.IsAsciiDigit(text[0]))
        {
            return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        }

        if (!text.EndsWith('*'))
        {
            return TryFind(text, out value);
        }

        var found = false;
        foreach (var (name, bits) in s_values.Value)
        {
            if (!name.StartsWith(text[..^1], StringComparison.Ordinal))
            {
                continue;
            }

            found = true;
            value |= bits;
        }

        return found && text.Length > 1;
    }

    private static Dictionary<string, ulong> Read()
    {
        var values = new Dictionary<string, ulong>(1024, StringComparer.Ordinal);
        foreach (var row in TableFile.Rows("arguments.txt"))
        {
            values.Add(row[0], ulong.Parse(row[1].AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        }

        return values;
    }
}
