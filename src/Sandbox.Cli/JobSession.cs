namespace Sandbox.Cli;

/// <summary>What running jobs is to every command that does: telemetry around it, one runner, and a result also for a job that turns out not to be valid.</summary>
internal sealed class JobSession : IDisposable
{
    private readonly SandboxOptions _options;
    private readonly IDisposable? _export;
    private OneShotRunner? _runner;

    /// <summary>From now on telemetry is collected; the runner comes with the first job.</summary>
    public JobSession(SandboxOptions options) => (_options, _export) = (options, OtlpExport.StartIfAsked());

    /// <summary>The number of a standard stream that the job is to have and the caller has closed; null for none. Closing stderr is a way to silence it.</summary>
    public static int? ClosedStream(JobSpec job) =>
        job.Stdin is InheritStdin && StandardStreams.IsClosed(0) ? 0 : job.Stdout is InheritStream && StandardStreams.IsClosed(1) ? 1 : null;

    /// <summary>No job comes after the next one.</summary>
    public bool IsLast { get; set; }

    /// <summary>Runs one job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="run">Runs it to its end.</param>
    /// <param name="tell">Tells what is wrong with it, which only shows when its policy, its image or a place for outputs is opened, and returns it with its places.</param>
    public DocumentResult Run(JobDocument job, Func<OneShotRunner, JobDocument, DocumentResult> run, Func<InvalidJobException, InvalidJobException> tell)
    {
        try
        {
            _runner ??= EarlyStart.CreateRunner(_options);
            if (IsLast && job is JobSpec)
            {
                _runner.ExpectNoMore();
            }

            return run(_runner, job);
        }
        catch (InvalidJobException invalid)
        {
            return JobResult.Of(tell(invalid), job.Name);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _runner?.Dispose();
        _export?.Dispose();
    }
}
