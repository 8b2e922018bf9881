namespace Sandbox;

/// <summary>What the job read from and wrote to block devices; the page cache and tmpfs need no device.</summary>
public sealed record IoUsage
{
    /// <summary>Bytes read.</summary>
    public required long ReadBytes { get; init; }

    /// <summary>Bytes written.</summary>
    public required long WrittenBytes { get; init; }

    /// <summary>Requests to read.</summary>
    public required long Reads { get; init; }

    /// <summary>Requests to write.</summary>
    public required long Writes { get; init; }
}
