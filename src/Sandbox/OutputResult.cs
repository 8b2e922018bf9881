namespace Sandbox;

/// <summary>One collected file.</summary>
public sealed record OutputResult
{
    /// <summary>Path inside the sandbox.</summary>
    public required string Path { get; init; }

    /// <summary>Size in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>SHA-256 of the content, lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Where it was written on the host.</summary>
    public required string To { get; init; }
}
