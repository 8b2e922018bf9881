namespace Sandbox.Server;

// Never in it: what a job is, reads or writes, paths, tokens. What happens in a job's sandbox is logged by Sandbox.Hosting.

/// <summary>Everything that the server logs.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 100, EventName = "Listening", Level = LogLevel.Information, Message = "The server takes jobs; slots: {Slots}")]
    public static partial void Listening(ILogger logger, int slots);

    [LoggerMessage(EventId = 101, EventName = "Draining", Level = LogLevel.Information, Message = "The server is shutting down; running: {Running}, waiting: {Waiting}")]
    public static partial void Draining(ILogger logger, int running, int waiting);

    [LoggerMessage(EventId = 102, EventName = "JobEnded", Level = LogLevel.Information, Message = "Job {JobId} of {Source} ended: {Verdict}")]
    public static partial void JobEnded(ILogger logger, string jobId, string source, Verdict verdict);

    [LoggerMessage(EventId = 103, EventName = "JobLost", Level = LogLevel.Error, Message = "Job {JobId} of {Source} has no result: {Failure}")]
    public static partial void JobLost(ILogger logger, string jobId, string source, string failure);
}
