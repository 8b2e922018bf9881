using Sandbox.Interop;

namespace Sandbox.Planning;

/// <summary>What the planner may ask about the host's files. It only looks: every answer may be outdated when the launcher acts.</summary>
/// <remarks>Tests answer from a table, so that a plan is a function of the job and of what is asked here.</remarks>
internal abstract class HostTree
{
    /// <summary>Largest file that <see cref="ReadBeneath"/> reads: tables of users are smaller.</summary>
    public const int MaxBytesBeneath = 1 << 20;

    /// <summary>What a path is, its last component not followed.</summary>
    public abstract HostEntryKind Kind(string path);

    /// <summary>What a path leads to, links followed; never <see cref="HostEntryKind.Symlink"/>.</summary>
    public abstract HostEntryKind Resolved(string path);

    /// <summary>The absolute path without links (realpath(3)); null where there is nothing.</summary>
    public abstract string? RealPath(string path);

    /// <summary>Device and inode of what a path leads to; null where there is nothing.</summary>
    public abstract (ulong Device, ulong Inode)? Identity(string path);

    /// <summary>What a symbolic link says, or null.</summary>
    public abstract string? LinkTarget(string path);

    /// <summary>What a directory holds, in the order of names; empty where it cannot be read.</summary>
    public abstract IReadOnlyList<HostEntry> Children(string directory);

    /// <summary>Size of a file in bytes, links followed; 0 where there is none.</summary>
    public abstract long Size(string path);

    /// <summary>Control groups are seen there or below, links followed: whoever writes to a job's lifts its limits.</summary>
    public abstract bool ShowsControlGroups(string path);

    /// <summary>It is there, whoever owns the host's root owns it too, and everybody may read it; links followed.</summary>
    public abstract bool IsPublic(string path);

    /// <summary>Something is mounted below a directory, links followed: no overlay can be made of it.</summary>
    public abstract bool HasMountsBelow(string directory);

    /// <summary>
    /// The bytes of a regular file below a directory; null where there is none, or it is larger than <see cref="MaxBytesBeneath"/>, or a link leads
    /// there: the directory may be a stranger's, and its links may not reach the host.
    /// </summary>
    public abstract byte[]? ReadBeneath(string directory, string path);

    /// <summary>The bytes of a regular file; <see cref="SandboxException"/> where it cannot be read.</summary>
    public abstract ReadOnlyMemory<byte> Content(string path, string origin);
}
