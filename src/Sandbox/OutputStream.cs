namespace Sandbox;

/// <summary>Where an output stream of the job goes. Bytes are always relayed: the job never holds the caller's descriptor.</summary>
public abstract record StreamSpec
{
    private protected StreamSpec() { }
}

/// <summary>Into the result, up to the <c>output</c> limit.</summary>
public sealed record CaptureStream : StreamSpec;

/// <summary>Counted and dropped.</summary>
public sealed record DiscardStream : StreamSpec;

/// <summary>To the caller's stream of the same number.</summary>
public sealed record InheritStream : StreamSpec;

/// <summary>For stderr only: into the same stream as stdout, in the order of writing.</summary>
public sealed record MergedStream : StreamSpec;

/// <summary>To a new host file.</summary>
public sealed record FileStreamSpec : StreamSpec
{
    /// <summary>Absolute path on the host; replaced if it exists.</summary>
    public required string Path { get; init; }
}
