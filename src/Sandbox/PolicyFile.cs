namespace Sandbox;

/// <summary>A policy read from a host file.</summary>
public sealed record PolicyFile : SeccompSpec
{
    /// <summary>Absolute path on the host.</summary>
    public required string Path { get; init; }
}
