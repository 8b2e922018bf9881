using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Sandbox.Hosting;

/// <summary>Logs what happens to jobs, and remembers when one last started, which is the best evidence that jobs can.</summary>
internal sealed class JobJournal(ILogger<SandboxRunner> logger, IOptions<SandboxHostOptions> options, TimeProvider clock)
{
    private long _started;

    /// <summary>How long ago a job started, if none has failed for the sandbox's sake since; null otherwise.</summary>
    public TimeSpan? SinceStart => Volatile.Read(ref _started) is var at and not 0 ? clock.GetElapsedTime(at) : null;

    /// <summary>Hears one event after the other.</summary>
    public void Note(JobEvent happened)
    {
        try
        {
            Write(happened);
        }
        finally
        {
            options.Value.OnEvent?.Invoke(happened);
        }
    }

    private void Write(JobEvent happened)
    {
        switch (happened)
        {
            case { Kind: JobEventKind.Created }:
                Log.JobCreated(logger, happened.JobId, happened.JobName);
                break;
            case { Kind: JobEventKind.Started }:
                Volatile.Write(ref _started, clock.GetTimestamp());
                Log.JobStarted(logger, happened.JobId, happened.JobName);
                break;
            case { Kind: JobEventKind.Completed, Result: { } result }:
                WriteEnd(happened, result);
                break;
        }
    }

    private void WriteEnd(JobEvent completed, JobResult result)
    {
        if (result.Verdict is Verdict.SetupError or Verdict.InternalError)
        {
            Volatile.Write(ref _started, 0);
            Log.JobFailed(logger, completed.JobId, completed.JobName, result.Verdict, result.Error?.Phase, result.Error?.Step, result.Error?.Errno);
            return;
        }

        Log.JobCompleted(
            logger, completed.JobId, completed.JobName, result.Verdict, result.Time.Wall.TotalMilliseconds, result.Time.Cpu.TotalMilliseconds);
    }
}
