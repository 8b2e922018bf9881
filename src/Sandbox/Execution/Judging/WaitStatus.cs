using System.Numerics;

namespace Sandbox.Execution.Judging;

/// <summary>The fields of a wait status (wait(2)).</summary>
internal static class WaitStatus
{
    /// <summary>The exit code, or null if a signal ended the process.</summary>
    public static int? ExitCode(int status) => (status & 0x7f) == 0 ? (status >> 8) & 0xff : null;

    /// <summary>The signal that ended the process, or null if it exited.</summary>
    public static int? Signal(int status) => (status & 0x7f) is var signal and not 0 and not 0x7f ? signal : null;

    /// <summary>The signal that stopped the process for good, or null if it is at an end.</summary>
    public static int? Stop(int status) => (status & 0xff) == 0x7f ? (status >> 8) & 0xff : null;
}

/// <summary>The names of signal(7), which are the same on x86_64 and aarch64.</summary>
internal static class SignalName
{
    // The kernel's SIGRTMIN is 32; a C library that keeps 32 and 33 for itself (glibc) calls 34 SIGRTMIN.
    // Users know the number from kill -l, which is the C library's.
    private const int LibraryRealTimeFirst = 34;

    private static readonly string[] s_names =
    [
        "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE",
        "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT",
        "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU",
        "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
    ];

    /// <summary>The name of signal <paramref name="number"/>, 1 to 64.</summary>
    public static string Of(int number) => number switch
    {
        >= 1 and <= 31 => s_names[number - 1],
        LibraryRealTimeFirst => "SIGRTMIN",
        > LibraryRealTimeFirst and <= 64 => $"SIGRTMIN+{number - LibraryRealTimeFirst}",
        _ => $"SIG{number}",
    };

    /// <summary>The number of a name that <see cref="Of"/> gave.</summary>
    public static int NumberOf(string name)
    {
        for (var number = 1; number <= 64; number++)
        {
            if (Of(number) == name)
            {
                return number;
            }
        }

        throw new ArgumentException($"no signal is called {name}", nameof(name));
    }
}

/// <summary>Some of the signals 1 to 64.</summary>
/// <param name="Bits">Bit number - 1 of each.</param>
internal readonly record struct SignalSet(ulong Bits)
{
    private const int SigKill = 9;
    private const int SigStop = 19;
    private const int Last = 64;

    /// <summary>The set of one.</summary>
    public static SignalSet Of(int signal) => new(1UL << (signal - 1));

    /// <summary>Whether a caller may have it passed on: neither of the two that no process can handle (signal(7)).</summary>
    public static bool IsPassable(int signal) => signal is >= 1 and <= Last and not (SigKill or SigStop);

    /// <summary>Throws for one that is not.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is none.</exception>
    public static void CheckPassable(int signal)
    {
        if (!IsPassable(signal))
        {
            throw new ArgumentOutOfRangeException(nameof(signal), signal, "must be a signal that a process can handle");
        }
    }

    public bool Contains(int signal) => (Bits & Of(signal).Bits) != 0;

    public SignalSet With(int signal) => new(Bits | Of(signal).Bits);

    /// <summary>In the order of their numbers, as the kernel delivers what waits (signal(7)).</summary>
    public Enumerator GetEnumerator() => new(Bits);

    internal ref struct Enumerator(ulong bits)
    {
        private ulong _left = bits;

        public int Current { get; private set; }

        public bool MoveNext()
        {
            if (_left == 0)
            {
                return false;
            }

            Current = BitOperations.TrailingZeroCount(_left) + 1;
            _left &= _left - 1;
            return true;
        }
    }
}
