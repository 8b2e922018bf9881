namespace Sandbox;

/// <summary>An empty file system in memory.</summary>
public sealed record TmpfsMount : MountSpec
{
    /// <summary>Size in bytes, taken off the <c>disk</c> limit; null shares what is left of <c>disk</c>.</summary>
    public long? SizeBytes { get; init; }

    /// <summary>Largest number of inodes; null bounds it by the size.</summary>
    public long? Inodes { get; init; }
}
