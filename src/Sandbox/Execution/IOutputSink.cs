namespace Sandbox.Execution;

/// <summary>Where the bytes of a stream go once they are within its limit.</summary>
internal interface IOutputSink : IDisposable
{
    /// <summary>Descriptor that must become writable before more bytes are taken; -1 while the sink takes any.</summary>
    int BlockedOn { get; }

    /// <summary>Nobody takes any bytes any more: the consumer went away, or a write failed.</summary>
    bool IsLost { get; }

    /// <summary>Negated errno of the first failed write; 0 for none. A consumer that went away is no error.</summary>
    int Error { get; }

    /// <summary>Takes the bytes, or keeps them until <see cref="Flush"/>.</summary>
    void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Writes what was kept, after <see cref="BlockedOn"/> became writable.</summary>
    void Flush();

    /// <summary>Gives up what was kept for the consumer; how many bytes that was.</summary>
    int Drop();

    /// <summary>The captured bytes; null for a sink that keeps none.</summary>
    ReadOnlyMemory<byte>? Content { get; }
}
