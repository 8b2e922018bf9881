using System.Runtime.InteropServices;

namespace Sandbox.Cli;

/// <summary>SIGINT and SIGTERM as a wish to cancel: the tree is killed and the result still printed.</summary>
internal static class Interruption
{
    // For the rest of the process: the result has to be written too, and a signal may be on its way to the handler at any time.
    private static readonly CancellationTokenSource s_source = new();
    private static PosixSignalRegistration? s_interrupt;
    private static PosixSignalRegistration? s_terminate;

    /// <summary>From now on the first signal cancels; a second one ends the process, as it would without us.</summary>
    public static CancellationToken Listen()
    {
        s_interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
        s_terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
        return s_source.Token;
    }

    private static void Cancel(PosixSignalContext context)
    {
        // Without this the runtime ends the process after the handler.
        context.Cancel = !s_source.IsCancellationRequested;
        s_source.Cancel();
    }
}
