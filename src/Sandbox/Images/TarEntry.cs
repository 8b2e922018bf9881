using Sandbox.Interop;

namespace Sandbox.Images;

/// <summary>One entry of a tar archive, after long names and extended headers have been applied.</summary>
internal sealed record TarEntry
{
    public required TarKind Kind { get; init; }

    /// <summary>The name as the archive has it.</summary>
    public required string Name { get; init; }

    /// <summary>Where a link leads, as the archive has it; empty for everything else.</summary>
    public required string Link { get; init; }

    /// <summary>Permission bits, set-id bits included.</summary>
    public required int Mode { get; init; }

    public required FileTime Modified { get; init; }

    /// <summary>Bytes of the file; the same number follow, unless it is sparse.</summary>
    public required long Size { get; init; }

    /// <summary>Its holes are left out of the archive.</summary>
    public bool IsSparse { get; init; }

    /// <summary>Where in the archive the content begins.</summary>
    public required long Offset { get; init; }
}

/// <summary>What an entry of a tar archive makes (pax(1), "ustar Interchange Format", typeflag).</summary>
internal enum TarKind
{
    File,
    HardLink,
    SymbolicLink,
    CharacterDevice,
    BlockDevice,
    Directory,
    Fifo,
}
