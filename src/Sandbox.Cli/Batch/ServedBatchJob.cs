using System.Buffers;
using Sandbox.Cli.Served;

namespace Sandbox.Cli.Batch;

/// <summary>One job of a batch by way of a server.</summary>
internal static class ServedBatchJob
{
    private static readonly TimeSpan s_firstWait = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(1);

    /// <summary>The result in UTF-8, on one line; null where this process is to run the job.</summary>
    /// <remarks>A server whose queue is full is asked again: the batch has more jobs than one, and waiting is what its queue would be for.</remarks>
    public static async Task<ReadOnlyMemory<byte>?> RunAsync(JobServer server, JobDocument job, string directory, TimeProvider clock, CancellationToken cancellationToken)
    {
        for (var wait = s_firstWait; ; wait = wait * 2 < s_longestWait ? wait * 2 : s_longestWait)
        {
            var served = await OfferAsync(server, job, directory, cancellationToken).ConfigureAwait(false);
            switch (served.Answer)
            {
                case ServedAnswer.Result:
                    return served.Result;
                case ServedAnswer.Lost:
                    return Failure(server, job, served.Answer, Verdict.InternalError);
                case ServedAnswer.NoAnswer when server.IsAskedFor:
                    return Failure(server, job, served.Answer, Verdict.SetupError);
                case ServedAnswer.NotTaken when server.IsAskedFor:
                    await Task.Delay(wait, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    if (cancellationToken.IsCancellationRequested)
                    {
                        return Json(job.CancelledBeforeStart("cancelled by the caller before it started"));
                    }

                    break;
                default:
                    return null;
            }
        }
    }

    // A thread of its own: it waits for as long as the job takes.
    private static async Task<ServedOutcome> OfferAsync(JobServer server, JobDocument job, string directory, CancellationToken cancellationToken)
    {
        using var messages = new ServedMessages();
        using var cancellation = cancellationToken.Register(messages.Cancel);
        return await Task.Factory.StartNew(
            () => server.Run(job, messages, withStreams: false, directory), CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default).ConfigureAwait(false);
    }

    private static ReadOnlyMemory<byte> Failure(JobServer server, JobDocument job, ServedAnswer answer, Verdict verdict)
    {
        var message = server.Complaint(answer);
        return Json(JobResult.NotStarted(new() { Phase = JobPhase.Prepare, Step = "hand over", Message = message }, job.Name) with { Verdict = verdict });
    }

    private static ReadOnlyMemory<byte> Json(DocumentResult result)
    {
        var text = new ArrayBufferWriter<byte>(4096);
        ResultFile.Write(text, result, pretty: false);
        return text.WrittenMemory;
    }
}
