using Microsoft.Extensions.Logging;

namespace Sandbox.Hosting;

// Never in it: a job's environment, arguments, paths, input or output. Any of them may be a secret, or carry one, and logs travel further than
// results do. Errors are named by phase, step and errno; their sentences, which have paths in them, are in the result.

/// <summary>Everything that is logged.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 1, EventName = "JobCreated", Level = LogLevel.Debug, Message = "Job {JobId} ({JobName}) was taken on")]
    public static partial void JobCreated(ILogger logger, string jobId, string? jobName);

    [LoggerMessage(EventId = 2, EventName = "JobStarted", Level = LogLevel.Debug, Message = "Job {JobId} ({JobName}) started")]
    public static partial void JobStarted(ILogger logger, string jobId, string? jobName);

    [LoggerMessage(EventId = 3, EventName = "JobCompleted", Level = LogLevel.Information,
        Message = "Job {JobId} ({JobName}): {Verdict} after {WallMs:0} ms, with {CpuMs:0} ms of CPU time")]
    public static partial void JobCompleted(ILogger logger, string jobId, string? jobName, Verdict verdict, double wallMs, double cpuMs);

    [LoggerMessage(EventId = 4, EventName = "JobFailed", Level = LogLevel.Error,
        Message = "Job {JobId} ({JobName}): {Verdict}, the sandbox failed in phase {Phase}, step {Step}, with {Errno}")]
    public static partial void JobFailed(ILogger logger, string jobId, string? jobName, Verdict verdict, JobPhase? phase, string? step, string? errno);

    [LoggerMessage(EventId = 5, EventName = "Draining", Level = LogLevel.Information,
        Message = "No more jobs are taken; running: {Running}, which may take {Grace} to end")]
    public static partial void Draining(ILogger logger, int running, TimeSpan grace);

    [LoggerMessage(EventId = 6, EventName = "Cancelling", Level = LogLevel.Warning, Message = "Jobs that did not end in time are cancelled: {Running}")]
    public static partial void Cancelling(ILogger logger, int running);

    [LoggerMessage(EventId = 7, EventName = "Drained", Level = LogLevel.Information, Message = "No job runs any more")]
    public static partial void Drained(ILogger logger);
}
