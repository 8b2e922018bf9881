using System.Runtime.InteropServices;

namespace Sandbox.Cli.Isolate;

/// <summary>
/// The signals that end a run. native/early-start has blocked them before the runtime came up, so that none is lost and none ends this process before the meta-file is written; a
/// thread takes them one by one, for as long as the process lives (sigwait(3)).
/// </summary>
internal static unsafe partial class IsolateSignals
{
    private const int Abort = 6;

    private static readonly CancellationTokenSource s_source = new();

    /// <summary>The first signal that came; 0 for none.</summary>
    public static int First { get; private set; }

    /// <summary>Is cancelled by the first signal.</summary>
    public static CancellationToken Token => s_source.Token;

    /// <summary>One by which a program that is broken ends: then it is the sandbox that failed.</summary>
    public static bool IsFatal(int signal) => signal == Abort;

    /// <summary>There is a job to end, or its box to give back; before that, a signal ends this process as any other.</summary>
    public static bool IsShielded { get; set; }

    /// <summary>From now on they are heard. Of no effect where they are not blocked.</summary>
    public static void Listen()
    {
#if EARLY_START
        new Thread(Take, maxStackSize: 128 << 10) { IsBackground = true, Name = "signals" }.Start();
#endif
    }

#if EARLY_START
    // As a shell tells of a program that a signal has ended.
    private const int SignalBase = 128;

    // SIGHUP SIGINT SIGQUIT SIGABRT SIGTERM
    private static readonly int[] s_ending = [1, 2, 3, Abort, 15];

    private static void Take()
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

            if (!IsShielded)
            {
                _exit(SignalBase + signal);
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
#endif
}
