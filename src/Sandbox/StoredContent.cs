namespace Sandbox;

/// <summary>The bytes of a file of the store (<c>sandbox store put</c>); the job does not start if it is not there.</summary>
public sealed record StoredContent : ContentSource
{
    /// <summary>The SHA-256 of the bytes, 64 hexadecimal digits in lower case.</summary>
    public required string Sha256 { get; init; }
}
