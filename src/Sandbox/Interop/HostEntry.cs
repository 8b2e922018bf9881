namespace Sandbox.Interop;

/// <summary>One name in a folder of the host.</summary>
/// <param name="Name">The last component of the path.</param>
/// <param name="Kind">What it is, links not followed.</param>
internal readonly record struct HostEntry(string Name, HostEntryKind Kind);
