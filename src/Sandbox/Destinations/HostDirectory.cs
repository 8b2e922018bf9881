using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Destinations;

/// <summary>
/// A directory of the host in which something is going to appear, opened before the job starts and held: whatever becomes of its
/// path meanwhile, nothing is written anywhere else. Whether it is still at that path is asked before anything gets its name there.
/// </summary>
internal sealed class HostDirectory : IDisposable
{
    /// <inheritdoc cref="HostOperations.LinkOfJob"/>
    public const string LinkHint = HostOperations.LinkOfJob;

    private const int WritableByOthers = 0x12; // 0022

    private readonly FileStatus _status;
    private bool _isSwept;

    private HostDirectory(SafeFileHandle handle, string place, FileStatus status) => (Handle, Place, _status) = (handle, place, status);

    /// <summary>The directory itself (O_PATH).</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Where it was when it was opened, without any link.</summary>
    public string Place { get; }

    /// <summary>What stands for it wherever it is, and by whatever path it was reached.</summary>
    public (ulong Device, ulong Inode) Identity => (_status.Device, _status.Inode);

    /// <summary>It is this user's, and nobody else can write to it.</summary>
    public bool IsPrivate => _status.Owner == Libc.EffectiveUid() && (_status.Mode & WritableByOthers) == 0;

    /// <summary>Whether it is where it was. A job that may write above it can have moved or removed it, or put something else in its place.</summary>
    public bool IsInPlace => IsAt(Place, Handle);

    /// <summary>Whether a path without links leads to an open directory.</summary>
    public static bool IsAt(string place, SafeFileHandle directory)
    {
        var error = HostPathWalk.Reopen(place, out var there);
        using (there)
        {
            return error == 0 && Libc.Status(there, out var found) == 0 && Libc.Status(directory, out var held) == 0 &&
                (found.Device, found.Inode) == (held.Device, held.Inode);
        }
    }

    /// <summary>Opens a directory; 0 or the negated errno, and the part of the path that is at fault.</summary>
    /// <param name="path">An absolute path.</param>
    /// <param name="makes">It is made if it is missing, and those above it.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="failed">What to name in an error.</param>
    public static int Open(string path, bool makes, out HostDirectory? directory, out string failed)
    {
        directory = null;
        failed = path;

        // Nearly always it is there, and no link is on the way.
        if (!path.Contains("/..", StringComparison.Ordinal) && HostPathWalk.Reopen(path, out var plain) is var missed)
        {
            if (missed == 0)
            {
                return Hold(plain, path, out directory);
            }

            plain.Dispose();
        }

        var error = HostPathWalk.Open(path, makes, out var walk);
        using (walk)
        {
            failed = walk.Failed;
            return error < 0 ? error : Hold(walk.Take(), walk.Place, out directory);
        }
    }

    /// <summary>A directory that was found before; 0 or the negated errno.</summary>
    public static int Of(HeldPath held, out HostDirectory? directory)
    {
        directory = null;
        var error = Libc.Duplicate(held.File, 3, out var handle);
        return error < 0 ? error : Hold(handle, held.Path, out directory);
    }

    /// <summary>Opens a directory in this one, made if it is missing, whose name, a single component, may be the job's: a link is not followed. 0 or the negated errno.</summary>
    public int Enter(string name, out HostDirectory? directory)
    {
        directory = null;
        var bytes = Encoding.UTF8.GetBytes(name + '\0');
        var error = Libc.MakeDirectoryAt(Handle, bytes);
        if (error is < 0 and not -Errno.EEXIST)
        {
            return error;
        }

        error = Libc.OpenAt(Handle, bytes, OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow, out var handle);
        if (error == 0)
        {
            return Hold(handle, Place.TrimEnd('/') + "/" + name, out directory);
        }

        handle.Dispose();
        return error;
    }

    /// <summary>What is at a name in it, a link itself; null if nothing is.</summary>
    public FileKind? KindOf(string name) => Libc.StatusIn(Handle, name, out var status) == 0 ? status.Kind : null;

    /// <summary>Whether a name in it stands for an open file.</summary>
    public bool Has(string name, SafeFileHandle file) =>
        Libc.StatusIn(Handle, name, out var found) == 0 && Libc.Status(file, out var held) == 0 &&
        (found.Device, found.Inode) == (held.Device, held.Inode);

    /// <summary>Removes what writers that were killed have left in it; once.</summary>
    public void Sweep()
    {
        if (!_isSwept)
        {
            PassingNames.Sweep(Handle, PassingNames.Grace);
        }

        _isSwept = true;
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();

    private static int Hold(SafeFileHandle handle, string place, out HostDirectory? directory)
    {
        var error = Libc.Status(handle, out var status);
        directory = error < 0 ? null : new HostDirectory(handle, place, status);
        if (error < 0)
        {
            handle.Dispose();
        }

        return error;
    }
}
