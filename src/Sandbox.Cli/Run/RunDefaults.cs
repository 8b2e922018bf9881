namespace Sandbox.Cli.Run;

/// <summary>
/// The job that options are applied to. Where it differs from what job.json leaves out, it is for the person or the
/// build step that waits for it: output is a stream that nobody stores, and only who waits knows how long is too long.
/// What one job could take from the rest of the machine stays bounded.
/// </summary>
internal static class RunDefaults
{
    /// <summary>A job that relays its output, under the limits of <c>sandbox run</c>.</summary>
    public static JobSpec Job { get; } = new()
    {
        Command = [],
        Stdout = new InheritStream(),
        Stderr = new InheritStream(),
        Limits = new()
        {
            WallTime = null,
            MemoryBytes = 2L << 30,
            Processes = 1024,
            OutputBytes = null,

            // Within the job "disk" bounds the files, and in a writable volume any number of smaller ones fills the disk too.
            FileSizeBytes = null,
            OpenFiles = 1024,
            DiskBytes = 1L << 30,
        },
    };

    /// <summary>What a captured stream is held to unless said otherwise: it is kept in memory.</summary>
    public static long? CapturedBytes => new ResourceLimits().OutputBytes;
}
