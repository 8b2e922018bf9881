namespace Sandbox;

/// <summary>To a new host file.</summary>
public sealed record FileStreamSpec : StreamSpec
{
    /// <summary>Absolute path on the host; replaced if it exists.</summary>
    public required string Path { get; init; }
}
