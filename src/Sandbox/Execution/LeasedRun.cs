using Sandbox.Jobs;

namespace Sandbox.Execution;

/// <summary>A run together with the id it has outside, which goes back when nothing of the job is left.</summary>
internal sealed class LeasedRun : IDisposable
{
    private readonly IdLease _ids;
    private readonly uint? _id;
    private readonly JobRun _run;

    /// <summary>Leases an id where one is needed.</summary>
    /// <exception cref="SandboxException">The range is used up.</exception>
    public LeasedRun(ValidJob job, JobHost host, JobAttachment? attachment)
    {
        _ids = host.Ids;
        _id = _ids.Take();
        _run = new JobRun(job, host, _id, attachment);
    }

    /// <summary>The job was handed to the launcher. From any thread.</summary>
    public bool HasStarted => _run.HasStarted;

    /// <summary>Runs the job to the end of its last process.</summary>
    /// <param name="paths">What it needs of the host's files.</param>
    /// <param name="cancellationToken">Kills the job's whole tree.</param>
    public JobResult Run(IReadOnlyList<NamedPath> paths, CancellationToken cancellationToken) => _run.Run(paths, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _run.Dispose();
        _ids.Return(_id);
    }
}
