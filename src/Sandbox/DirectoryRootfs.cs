namespace Sandbox;

/// <summary>A folder of the host, such as an unpacked distribution, read-only.</summary>
public sealed record DirectoryRootfs : RootfsSpec
{
    /// <summary>Absolute path of the folder on the host.</summary>
    public required string Path { get; init; }
}
