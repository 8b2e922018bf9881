namespace Sandbox;

/// <summary>Which file or directory of the host is meant, whatever has its path by then.</summary>
public readonly record struct FileIdentity
{
    /// <summary>The device that it is on, as statx(2) tells it: the major number in the upper 32 bits, the minor number in the lower.</summary>
    public required ulong Device { get; init; }

    /// <summary>Its inode there.</summary>
    public required ulong Inode { get; init; }
}
