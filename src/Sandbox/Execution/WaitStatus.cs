namespace Sandbox.Execution;

/// <summary>The fields of a wait status (wait(2)).</summary>
internal static class WaitStatus
{
    /// <summary>The exit code, or null if a signal ended the process.</summary>
    public static int? ExitCode(int status) => (status & 0x7f) == 0 ? (status >> 8) & 0xff : null;

    /// <summary>The signal that ended the process, or null if it exited.</summary>
    public static int? Signal(int status) => (status & 0x7f) is var signal and not 0 and not 0x7f ? signal : null;
}
