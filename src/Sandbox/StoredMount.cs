namespace Sandbox;

/// <summary>A file of the store shown inside, always read-only; in job.json a bind whose source is <c>sha256:…</c>.</summary>
public sealed record StoredMount : MountSpec
{
    /// <summary>The SHA-256 of the bytes, 64 hexadecimal digits in lower case.</summary>
    public required string Sha256 { get; init; }
}
