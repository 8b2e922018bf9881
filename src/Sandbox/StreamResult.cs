namespace Sandbox;

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
