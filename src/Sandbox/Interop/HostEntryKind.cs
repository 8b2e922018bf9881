namespace Sandbox.Interop;

/// <summary>What a path of the host is, links not followed.</summary>
internal enum HostEntryKind
{
    /// <summary>Surely not there.</summary>
    Missing,

    /// <summary>Cannot be told: no permission to look, or another error.</summary>
    Hidden,
    Folder,
    File,
    Symlink,

    /// <summary>A device, a socket or a FIFO.</summary>
    Special,
}
