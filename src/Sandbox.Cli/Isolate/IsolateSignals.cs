using System.Runtime.InteropServices;

namespace Sandbox.Cli.Isolate;

/// <summary>
/// The signals that end a run. native/early-start has blocked them before the runtime came up, so that none is lost and none ends this process before the meta-file is written; a
/// thread takes them one by one, for as long as the process lives (sigwait(3)). Those of broken programs cannot be blocked, and come as SIGABRT where somebody has sent them (fatal_signals.c).
/// </summary>
internal static unsafe partial class IsolateSignals
{
    // SIGILL SIGABRT SIGBUS SIGFPE SIGSEGV
    private const int Abort = 6;
    private static readonly int[] s_fatal = [4, Abort, 7, 8, 11];

    private static readonly CancellationTokenSource s_source = new();
    private static readonly Lock s_lock = new();

    /// <summary>The first signal that came; 0 for none.</summary>
    public static int First { get; private set; }

    /// <summary>A signal is only noted.</summary>
    public static bool IsShielded { get; private set; }

    /// <summary>Is cancelled by the first signal.</summary>
    public static CancellationToken Token => s_source.Token;

    /// <summary>One by which a program that is broken ends: then it is the sandbox that failed.</summary>
    public static bool IsFatal(int signal) => s_fatal.Contains(signal);

    /// <summary>There is a job to end, or its box to give back, or its end to be told: from now on a signal is only noted. Before that it ends this process.</summary>
    public static void Shield()
    {
        lock (s_lock)
        {
            IsShielded = true;
        }
    }

    /// <summary>From now on they are heard. Of no effect where they are not blocked.</summary>
    /// <param name="leave">Tells of a signal that comes before the shield, and says with what status this process ends.</param>
    public static void Listen(Func<int, int> leave)
    {
#if EARLY_START
        sandbox_take_fatal();
        new Thread(() => Take(leave), maxStackSize: 128 << 10) { IsBackground = true, Name = "signals" }.Start();
#else
        _ = leave;
#endif
    }

#if EARLY_START
    // SIGHUP SIGINT SIGQUIT SIGABRT SIGTERM
    private static readonly int[] s_ending = [1, 2, 3, Abort, 15];

    private static void Take(Func<int, int> leave)
    {
        // sigset_t of the C library: 1024 bits, of which the kernel has 64.
        var set = stackalloc ulong[16];
        new Span<ulong>(set, 16).Clear();
        foreach (var signal in s_ending)
        {
            set[0] |= 1UL << (signal - 1);
        }

        while (true)
        {
            if (sigwait(set, out var signal) != 0)
            {
                continue;
            }

            signal = signal == Abort && sandbox_fatal_sent() is var sent and > 0 ? sent : signal;
            lock (s_lock)
            {
                if (!IsShielded)
                {
                    _exit(leave(signal));
                }
            }

            // Told before anybody asks: a cancellation is a barrier.
            First = First == 0 ? signal : First;
            s_source.Cancel();
        }
    }

    [LibraryImport("libc")]
    private static partial int sigwait(ulong* set, out int signal);

    [LibraryImport("libc")]
    private static partial void _exit(int status);

    [LibraryImport("early_start")]
    private static partial void sandbox_take_fatal();

    [LibraryImport("early_start")]
    private static partial int sandbox_fatal_sent();
#endif
}
