using Sandbox.Doctor;
using Sandbox.Execution;
using Sandbox.Resources.Ids;

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

    /// <summary>The id of this machine, uid and gid, that a job has while nobody else runs jobs with these options; null where jobs run under the caller's own ids.</summary>
    /// <param name="options">Their <see cref="SandboxOptions.RootUidRangeStart"/> and <see cref="SandboxOptions.RootUidRangeLength"/> count: with a length of 1 it is always that one.</param>
    public static uint? JobUid(SandboxOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new IdPool(options).Take();
    }

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
