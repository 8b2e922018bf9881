using Microsoft.Win32.SafeHandles;
using Sandbox.Cli.Interop;

namespace Sandbox.Cli.Terminal;

// Who dies in raw mode leaves the user a terminal that neither echoes nor ends lines: every way out comes by here, but
// for SIGKILL, which nobody can do anything about ("stty sane" can).

/// <summary>The caller's terminal while it is the job's: every key goes through as it is, to be interpreted by the job's own terminal.</summary>
/// <param name="terminal">Not disposed.</param>
internal sealed class RawTerminal(SafeFileHandle terminal) : IDisposable
{
    private readonly Lock _lock = new();
    private TerminalModes _before;
    private bool _isRaw;
    private bool _isOver;

    /// <summary>Makes it raw; again after a stop, from which the shell has brought the terminal back in its own state.</summary>
    /// <returns>0 or the negated errno. In the background this process is stopped first (SIGTTOU), as by every program that takes over a terminal.</returns>
    public int Enter()
    {
        lock (_lock)
        {
            if (_isOver)
            {
                return 0;
            }

            // Not again while it is raw: a process that was stopped by force could not put it back first.
            if (!_isRaw && TerminalDevice.ModesOf(terminal, out _before) is var unknown and < 0)
            {
                return unknown;
            }

            var error = TerminalDevice.SetModes(terminal, _before.Raw());
            _isRaw = error == 0;
            return error;
        }
    }

    /// <summary>Puts it back as it was. In the background it is somebody else's, who has put it back already.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            if (_isRaw && TerminalDevice.MayChange(terminal))
            {
                _ = TerminalDevice.SetModes(terminal, _before);
            }

            _isRaw = false;
        }
    }

    /// <summary>The same, for good.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            Leave();
            _isOver = true;
        }
    }
}
