namespace Sandbox;

/// <summary>The bytes of a host file, read when the job starts.</summary>
public sealed record FileContent : ContentSource
{
    /// <summary>Absolute path on the host.</summary>
    public required string Path { get; init; }
}
