namespace Sandbox.Execution;

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
                return number;
        }

        throw new ArgumentException($"no signal is called {name}", nameof(name));
    }
}
