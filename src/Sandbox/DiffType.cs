namespace Sandbox;

/// <summary>What kind of file is, or for a deleted one was, at a path.</summary>
public enum DiffType
{
    /// <summary>A regular file.</summary>
    File,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A symbolic link.</summary>
    Symlink,

    /// <summary>A FIFO, socket or device: never opened, and not in an archive.</summary>
    Other,
}
