using System.Runtime.InteropServices;

namespace Sandbox.Cli;

/// <summary>SIGINT and SIGTERM as a wish to cancel: the tree is killed and the result still printed.</summary>
internal static class Interruption
{
    private const int SigInt = 2;
    private const int SigTerm = 15;

    // For the rest of the process: the result has to be written too, and a signal may be on its way to the handler at any time.
    private static readonly CancellationTokenSource s_source = new();
    private static volatile int s_signal = SigInt;
    private static PosixSignalRegistration? s_interrupt;
    private static PosixSignalRegistration? s_terminate;

    /// <summary>From now on the first signal cancels; a second one ends the process, as it would without us.</summary>
    public static CancellationToken Listen()
    {
        s_interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
        s_terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
        return s_source.Token;
    }

    /// <summary>The number of the signal that cancelled.</summary>
    public static int Signal => s_signal;

    private static void Cancel(PosixSignalContext context)
    {
        // Without this the runtime ends the process after the handler.
        context.Cancel = !s_source.IsCancellationRequested;
        s_signal = context.Signal == PosixSignal.SIGTERM ? SigTerm : SigInt;
        s_source.Cancel();
    }
}
