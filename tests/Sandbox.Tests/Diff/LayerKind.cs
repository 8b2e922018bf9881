namespace Sandbox.Tests.Diff;

/// <summary>What a layer above has where one below has a file.</summary>
public enum LayerKind
{
    Nothing,

    /// <summary>The character device 0:0.</summary>
    Device,

    DeviceAtDirectory,

    /// <summary>An empty file with user.overlay.whiteout (Linux 6.7).</summary>
    FileWhiteout,

    FileWhiteoutInMarkedDirectory,

    /// <summary>The same attribute of a file that is not empty, which says nothing.</summary>
    MarkedFileWithContent,

    Opaque,

    OpaqueOfAnotherValue,

    /// <summary>An attribute that mounts in a user namespace do not read.</summary>
    TrustedOpaque,

    FileAtDirectory,
}
