using Sandbox.Doctor;
using Sandbox.Execution;

namespace Sandbox;

/// <summary>The machine that jobs run on.</summary>
public static class SandboxHost
{
    /// <summary>
    /// Tries in throw-away processes everything that jobs need of this machine, names what blocks it, and how to change that; changes nothing. About a tenth of a
    /// second on a healthy host.
    /// </summary>
    /// <param name="options">Its <see cref="SandboxOptions.Cgroup"/> and <see cref="SandboxOptions.LauncherPath"/> count; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the processes.</param>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public static Task<HostReport> ProbeAsync(SandboxOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.Run(() => HostRequirements.Probe(options, cancellationToken), cancellationToken);

    /// <summary>
    /// A failure in the words in which a result has it: the sentence names path and errno, and where the settings of this machine explain it there is a hint, which
    /// is found now by reading them.
    /// </summary>
    /// <param name="failure">What a runner or a store threw.</param>
    public static ErrorReport Explain(SandboxException failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return SetupFailures.Of(failure);
    }
}
