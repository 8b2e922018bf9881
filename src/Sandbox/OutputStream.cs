namespace Sandbox;

/// <summary>Where an output stream of the job goes. Bytes are always relayed: the job never holds the caller's descriptor.</summary>
public abstract record OutputStream
{
    private protected OutputStream() { }

    /// <summary>Into the result, up to the <c>output</c> limit.</summary>
    public static OutputStream Capture { get; } = new CaptureStream();

    /// <summary>Counted and dropped.</summary>
    public static OutputStream Discard { get; } = new DiscardStream();

    /// <summary>To the caller's stream of the same number.</summary>
    public static OutputStream Inherit { get; } = new InheritStream();

    /// <summary>For stderr only: into the same stream as stdout, in the order of writing.</summary>
    public static OutputStream Merged { get; } = new MergedStream();

    /// <summary>To the caller while the job runs, by <see cref="SandboxJob.Stdout"/> or <see cref="SandboxJob.Stderr"/>; for <see cref="SandboxRunner.StartAsync"/> only.</summary>
    public static OutputStream Live { get; } = new LiveStream();

    /// <summary>To a new host file at this absolute path; replaced if it exists.</summary>
    public static OutputStream File(string path) => new FileOutput { Path = path };
}

/// <summary>Into the result, up to the <c>output</c> limit.</summary>
public sealed record CaptureStream : OutputStream;

/// <summary>Counted and dropped.</summary>
public sealed record DiscardStream : OutputStream;

/// <summary>To the caller's stream of the same number.</summary>
public sealed record InheritStream : OutputStream;

/// <summary>For stderr only: into the same stream as stdout, in the order of writing.</summary>
public sealed record MergedStream : OutputStream;

/// <summary>
/// To the caller while the job runs, up to the <c>output</c> limit. A job whose caller does not read waits (pipe(7)); once it is over, the caller
/// has two seconds to take what is left, else that is dropped and told. Has no form in job.json.
/// </summary>
public sealed record LiveStream : OutputStream;

/// <summary>
/// To another process of the same <see cref="ProcessesJob"/>, through a pipe of the kernel: not counted against the <c>output</c> limit. Once nobody reads, who writes
/// gets SIGPIPE (pipe(7)).
/// </summary>
public sealed record PipeOutput : OutputStream
{
    /// <summary>The pipe's name; exactly one other process reads it.</summary>
    public required string Pipe { get; init; }
}

/// <summary>To a new host file.</summary>
public sealed record FileOutput : OutputStream
{
    /// <summary>Absolute path on the host; replaced if it exists.</summary>
    public required string Path { get; init; }

    /// <inheritdoc cref="OutputSpec.Held"/>
    public HeldPath? Held { get; init; }
}

/// <summary>Hears what a job writes, piece by piece, while it goes where its specification says.</summary>
/// <param name="descriptor">1 for stdout, with a terminal for everything; 2 for stderr.</param>
/// <param name="bytes">The next bytes, within the <c>output</c> limit; valid during the call. What is discarded is not heard.</param>
/// <remarks>Called on the thread that watches the job: it has to return at once, and must not throw.</remarks>
public delegate void OutputObserver(int descriptor, ReadOnlySpan<byte> bytes);
