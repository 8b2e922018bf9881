using System.Runtime.InteropServices;
using Sandbox.Cli.Interop;

namespace Sandbox.Cli.Terminal;

/// <summary>
/// Gives the terminal back on every way out of this process that is no return: when it is stopped, and takes it again when
/// it goes on; when it crashes; and when it exits elsewhere.
/// </summary>
internal sealed class Suspension : IDisposable
{
    private const int Continue = 18;     // SIGCONT
    private const int TerminalStop = 20; // SIGTSTP

    private readonly RawTerminal _raw;
    private readonly PosixSignalRegistration _stop;
    private readonly PosixSignalRegistration _continue;

    /// <summary>Until it is disposed.</summary>
    /// <param name="raw">Not disposed.</param>
    /// <param name="resumed">The window may be another one.</param>
    public Suspension(RawTerminal raw, Action resumed)
    {
        _raw = raw;
        _stop = PosixSignalRegistration.Create((PosixSignal)TerminalStop, Stop);
        _continue = PosixSignalRegistration.Create((PosixSignal)Continue, context =>
        {
            _ = raw.Enter();
            resumed();
        });
        AppDomain.CurrentDomain.UnhandledException += Crash;
        AppDomain.CurrentDomain.ProcessExit += Exit;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        AppDomain.CurrentDomain.UnhandledException -= Crash;
        AppDomain.CurrentDomain.ProcessExit -= Exit;
        _continue.Dispose();
        _stop.Dispose();
    }

    // ^Z is the job's, this one came from elsewhere (kill -TSTP). The runtime, having a handler, would not stop us.
    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        _raw.Leave();
        TerminalDevice.StopSelf();
    }

    private void Crash(object sender, UnhandledExceptionEventArgs crash) => _raw.Dispose();

    private void Exit(object? sender, EventArgs exit) => _raw.Dispose();
}
