using Sandbox.Text;

namespace Sandbox;

/// <summary>A file, or a glob of files, collected after the job's end.</summary>
public sealed record OutputSpec
{
    /// <summary>The <see cref="To"/> of an output that goes into the store of files, under the SHA-256 that its result tells.</summary>
    public const string Store = "store";

    /// <summary>
    /// The <see cref="To"/> of an output whose bytes come with the result (<see cref="OutputResult.Content"/>), of a larger file than <see cref="MaxSizeBytes"/> the first ones. For callers of
    /// this library: a job file has no form for it.
    /// </summary>
    public const string Memory = "memory";

    /// <summary>Absolute path inside the sandbox; <c>*</c> and <c>?</c> match within one path component, a component <c>**</c> stands for any number of directories.</summary>
    public required string Path { get; init; }

    /// <summary>Absolute path on the host; a directory when it ends with '/', in which the directories found by <c>**</c> are kept. Or <see cref="Store"/>, or <see cref="Memory"/>.</summary>
    public required string To { get; init; }

    /// <summary>
    /// The directory of the path, as it was found when somebody looked: it is written to, and no other, and what has the name there is replaced and never opened. Of use until
    /// it is disposed of, which has to be after the job. A job file has no form for it. Null (the default): the one that is there when the job is set up.
    /// </summary>
    public HeldPath? Held { get; init; }

    /// <summary>Largest size of one file in bytes. Default 64 MiB.</summary>
    public long MaxSizeBytes { get; init; } = 64L << 20;

    /// <summary>Nothing to collect is no error. Default false.</summary>
    public bool Optional { get; init; }
}

/// <summary>One collected file.</summary>
public sealed record OutputResult
{
    /// <summary>Path inside the sandbox.</summary>
    public required string Path { get; init; }

    /// <summary>Size in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>SHA-256 of the content, lower-case hexadecimal; empty for <see cref="OutputSpec.Memory"/>.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Where it was written on the host, or <see cref="OutputSpec.Store"/> or <see cref="OutputSpec.Memory"/>.</summary>
    public required string To { get; init; }

    /// <summary>The bytes, of a larger file the first <see cref="OutputSpec.MaxSizeBytes"/> of them; null unless it was collected to <see cref="OutputSpec.Memory"/>. A result file has no form for it.</summary>
    public ReadOnlyMemory<byte>? Content { get; init; }
}

/// <summary>A file that was not collected.</summary>
public sealed record OutputFailure
{
    /// <summary>Path inside the sandbox.</summary>
    public required string Path { get; init; }

    /// <summary>Why.</summary>
    public required string Error { get; init => field = Words.Printable(value); }

    /// <summary>The same for programs. A result file has no form for it.</summary>
    public OutputRefusal Refusal { get; init; }
}

/// <summary>Why a file was not collected, for programs.</summary>
public enum OutputRefusal
{
    /// <summary>For another reason than those below.</summary>
    Other,

    /// <summary>There is none.</summary>
    Missing,

    /// <summary>It is a link, directory, FIFO, socket or device, or has names that the job does not own, or a link is on the way to it.</summary>
    NotRegular,

    /// <summary>It is larger than <see cref="OutputSpec.MaxSizeBytes"/>.</summary>
    TooLarge,
}

/// <summary>One output stream of the job.</summary>
public sealed record StreamResult
{
    /// <summary>Bytes the job wrote, as far as they were read.</summary>
    public required long Bytes { get; init; }

    /// <summary>Bytes were dropped: at the limit, or because nobody took them.</summary>
    public bool Truncated { get; init; }

    /// <summary>Of a stream that is passed on, bytes that its reader did not take in the time it had; they were dropped.</summary>
    public long Undelivered { get; init; }

    /// <summary>Captured bytes; null unless the stream was captured.</summary>
    public ReadOnlyMemory<byte>? Content { get; init; }

    /// <summary>The same with a copy of the captured bytes.</summary>
    internal StreamResult Detached() => Content is { } content ? this with { Content = new ReadOnlyMemory<byte>(content.ToArray()) } : this;
}
