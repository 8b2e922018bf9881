using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Sandbox.Cli.Interop;

namespace Sandbox.Cli.Terminal;

/// <summary>The caller's terminal while a job has it: its keys go to the job's own terminal, which follows the size of its window. As it was before when this is disposed of.</summary>
internal sealed class HeldTerminal : IDisposable
{
    private const int WindowChange = 28; // SIGWINCH

    private static readonly SafeFileHandle s_input = new(0, ownsHandle: false);
    private static readonly SafeFileHandle[] s_streams = [new(1, ownsHandle: false), s_input, new(2, ownsHandle: false)];

    private readonly JobForeground _job;
    private readonly PosixSignalRegistration _window;
    private RawTerminal? _raw;
    private Suspension? _suspension;

    private HeldTerminal(JobForeground job)
    {
        _job = job;
        FollowWindow();
        _window = PosixSignalRegistration.Create((PosixSignal)WindowChange, _ => FollowWindow());
    }

    /// <summary>Takes it; only its window where the job does not read from it.</summary>
    /// <param name="job">The job, which has a terminal.</param>
    /// <param name="foreground">Is told the size.</param>
    /// <param name="isTaken">Told, before it is raw, how to give it back on a way out that comes by nothing else; null for nobody.</param>
    /// <exception cref="SandboxException">It cannot be made raw.</exception>
    public static HeldTerminal Take(JobSpec job, JobForeground foreground, Action<Action>? isTaken = null)
    {
        var held = new HeldTerminal(foreground);
        if (job.Stdin is not InheritStdin || !TerminalDevice.Is(s_input))
        {
            return held;
        }

        held._raw = new RawTerminal(s_input);
        held._suspension = new Suspension(held._raw, held.FollowWindow);
        isTaken?.Invoke(held._raw.Dispose);
        if (held._raw.Enter() is var error and < 0)
        {
            held.Dispose();
            throw new SandboxException("the terminal cannot be handed to the job") { Phase = JobPhase.Prepare, Step = "raw mode", Errno = ErrnoNames.Of(-error), Pointer = "/terminal" };
        }

        return held;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _suspension?.Dispose();
        _raw?.Dispose();
        _window.Dispose();
    }

    private void FollowWindow()
    {
        foreach (var stream in s_streams)
        {
            if (TerminalDevice.WindowOf(stream) is not { } window)
            {
                continue;
            }

            _job.Resize(window.Rows, window.Columns);
            return;
        }
    }
}
