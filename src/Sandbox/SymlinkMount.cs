namespace Sandbox;

/// <summary>A symbolic link made in the root.</summary>
public sealed record SymlinkMount : MountSpec
{
    /// <summary>What the link says, taken literally.</summary>
    public required string Source { get; init; }
}
