namespace Sandbox.Interop;

/// <summary>One name in a directory of the host.</summary>
/// <param name="Name">The last component of the path.</param>
/// <param name="Kind">What it is, links not followed.</param>
internal readonly record struct HostEntry(string Name, HostEntryKind Kind);

/// <summary>What a path of the host is, links not followed.</summary>
internal enum HostEntryKind
{
    /// <summary>Surely not there.</summary>
    Missing,

    /// <summary>Cannot be told: no permission to look, or another error.</summary>
    Hidden,
    Directory,
    File,
    Symlink,

    /// <summary>A device, a socket or a FIFO.</summary>
    Special,
}
