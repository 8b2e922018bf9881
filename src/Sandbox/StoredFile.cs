namespace Sandbox;

/// <summary>One file of a <see cref="FileStore"/>.</summary>
public sealed record StoredFile
{
    /// <summary>The SHA-256 of its content, 64 hexadecimal digits in lower case: what <see cref="StoredContent.Sha256"/> takes.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Its size in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>When it was last put or used, to a minute.</summary>
    public required DateTimeOffset UsedAt { get; init; }

    /// <summary>A running job has it.</summary>
    public bool InUse { get; init; }
}
