namespace Sandbox;

/// <summary>A file, or a glob of files, collected after the job's end.</summary>
public sealed record OutputSpec
{
    /// <summary>Absolute path inside the sandbox; <c>*</c> and <c>?</c> match within one path component, a component <c>**</c> stands for any number of folders.</summary>
    public required string Path { get; init; }

    /// <summary>Absolute path on the host; a folder when it ends with '/', in which the folders found by <c>**</c> are kept.</summary>
    public required string To { get; init; }

    /// <summary>Largest size of one file in bytes. Default 64 MiB.</summary>
    public long MaxSizeBytes { get; init; } = 64L << 20;

    /// <summary>Nothing to collect is no error. Default false.</summary>
    public bool Optional { get; init; }
}
