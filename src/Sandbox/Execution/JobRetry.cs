using Sandbox.Interop;
using Sandbox.Planning;

namespace Sandbox.Execution;

/// <summary>Which jobs can be begun a second time where nothing of them has run.</summary>
internal static class JobRetry
{
    /// <summary>Whether nothing that the caller has given is used up by having opened it: it reads what is still there to be read, and writes where nobody has read yet.</summary>
    public static bool IsFor(JobSpec job, JobAttachment? attachment) =>
        !job.Terminal && job.Start.Inherited.Count == 0 && attachment?.Pipes is null && IsReadAgain(job.Stdin) && IsWrittenAgain(job.Stdout) && IsWrittenAgain(job.Stderr);

    // A FIFO loses its writer when it is let go of, and a device what was read of it.
    private static bool IsReadAgain(Stdin stdin) => stdin switch
    {
        NullStdin or ContentStdin { Content: InlineContent or StoredContent } => true,
        ContentStdin { Content: FileContent file } => new LiveHostTree().Resolved(file.Path) == HostEntryKind.File,
        _ => false,
    };

    private static bool IsWrittenAgain(OutputStream stream) => stream is CaptureStream or DiscardStream or MergedStream;
}
