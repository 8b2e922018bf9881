using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Host;
using Sandbox.Interop;

namespace Sandbox.Destinations;

// Where something is going to be written, a job may have been before, or may be at this moment: this one's, an earlier one's,
// or one that another host runs. So the path is gone along directory by directory, each opened below the one before it, and what
// a job could have put there is never believed: a link is followed only as long as every directory so far, the one with the
// link included, is out of the reach of jobs; and ".." is the directory that was come through, not what the directory says of itself,
// since a job may move it while it is looked at.

/// <summary>The way to a directory of the host that is to be written to: opened once, by rules that no job can bend.</summary>
internal sealed class HostPathWalk : IDisposable
{
    private const int MaxLinks = 40; // as the kernel (path_resolution(7))
    private const int MaxLink = 4096;
    private const int WritableByOthers = 0x12; // 0022

    private static readonly Lazy<bool> s_jobsHaveOtherIds = new(() => Libc.EffectiveUid() == 0 && UidMap.IsRealRoot(new HostFiles().Text("/proc/self/uid_map"), 0, uint.MaxValue));

    private readonly bool _makes;
    private readonly List<string> _names = [];
    private SafeFileHandle _directory = new();
    private bool _isTrusted;
    private int _links;

    private HostPathWalk(bool makes) => _makes = makes;

    /// <summary>Jobs of this user run under ids that are not his: as real root they do (IdPool).</summary>
    public static bool JobsHaveOtherIds => s_jobsHaveOtherIds.Value;

    /// <summary>What has a meaning only if opening failed: the part of the path that is at fault.</summary>
    public string Failed { get; private set; } = "/";

    /// <summary>The directory's path without any link; <see cref="Reopen"/> leads back to it.</summary>
    public string Place => "/" + string.Join('/', _names);

    /// <summary>Every directory on the way, and this one, is out of the reach of jobs.</summary>
    public bool IsTrusted => _isTrusted;

    /// <summary>Goes along an absolute path; 0, or the negated errno, ELOOP for a link that a job may have made.</summary>
    /// <param name="path">The path.</param>
    /// <param name="makes">Directories that are missing are made, mode 0777 less the umask.</param>
    /// <param name="walk">Holds the directory.</param>
    public static int Open(string path, bool makes, out HostPathWalk walk)
    {
        walk = new HostPathWalk(makes);
        var error = walk.Start();
        return error < 0 ? error : walk.Follow(path);
    }

    /// <summary>Opens a path in which there is no link at all (openat2(2), RESOLVE_NO_SYMLINKS); 0 or the negated errno.</summary>
    public static int Reopen(string place, out SafeFileHandle directory) =>
        Libc.OpenWithoutLinks(Bytes(place), OpenFlags.Path | OpenFlags.Directory, out directory);

    /// <summary>Hands the directory over.</summary>
    public SafeFileHandle Take()
    {
        var directory = _directory;
        _directory = new SafeFileHandle();
        return directory;
    }

    /// <summary>What a link in the directory leads to, for something that is no directory: opened without reading or writing it (O_PATH).</summary>
    /// <returns>0 or the negated errno; ELOOP where a job may have made the link.</returns>
    public int OpenLinked(string name, out SafeFileHandle file)
    {
        file = new SafeFileHandle();
        if (IsProc())
        {
            return Libc.OpenAt(_directory, Bytes(name), OpenFlags.Path, out file);
        }

        if (!_isTrusted || ++_links > MaxLinks)
        {
            return -Errno.ELOOP;
        }

        if (LinkText(name, out var error) is not { } text)
        {
            return error;
        }

        var slash = text.LastIndexOf('/') + 1;
        if (slash > 0 && Follow(text[..slash]) is var way && way < 0)
        {
            return way;
        }

        error = Libc.OpenAt(_directory, Bytes(text[slash..]), OpenFlags.Path | OpenFlags.NoFollow, out file);
        if (error < 0 || Libc.Status(file, out var status) < 0 || status.Kind != FileKind.SymbolicLink)
        {
            return error;
        }

        file.Dispose();
        return OpenLinked(text[slash..], out file);
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    private int Start()
    {
        _names.Clear();
        Failed = "/";
        _directory.Dispose();
        var error = Libc.OpenDirectory("/\0"u8, out _directory);
        _isTrusted = error == 0 && IsOutOfReach();
        return error;
    }

    private int Follow(string path)
    {
        if (path.StartsWith('/') && _names.Count > 0 && Start() is var failed && failed < 0)
        {
            return failed;
        }

        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if ((name == ".." ? Climb() : name == "." ? 0 : Enter(name)) is var error && error < 0)
            {
                return error;
            }
        }

        return 0;
    }

    // Trust that was lost stays lost: a job can move what lies in its directories, and so choose what a name stands for.
    private int Climb()
    {
        if (_names.Count == 0)
        {
            return 0;
        }

        _names.RemoveAt(_names.Count - 1);
        var error = Reopen(Place, out var above);
        _directory.Dispose();
        _directory = above;
        return error;
    }

    private int Enter(string name)
    {
        Failed = Place.TrimEnd('/') + "/" + name;
        var error = Open(name, out var next);
        if (error == -Errno.ENOENT && _makes)
        {
            error = Libc.MakeSharedDirectoryAt(_directory, Bytes(name));
            if (error is 0 or -Errno.EEXIST)
            {
                error = Open(name, out next);
            }
        }

        if (error < 0)
        {
            return error == -Errno.ENOTDIR && IsLink(name) ? FollowLink(name) : error;
        }

        _directory.Dispose();
        _directory = next;
        _names.Add(name);
        _isTrusted = _isTrusted && IsOutOfReach();
        return 0;
    }

    // A link is no directory here (ENOTDIR).
    private int Open(string name, out SafeFileHandle directory)
    {
        var error = Libc.OpenAt(_directory, Bytes(name), OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow, out directory);
        if (error < 0)
        {
            directory.Dispose();
        }

        return error;
    }

    private bool IsLink(string name) => Libc.StatusIn(_directory, name, out var status) == 0 && status.Kind == FileKind.SymbolicLink;

    private int FollowLink(string name)
    {
        if (++_links > MaxLinks)
        {
            return -Errno.ELOOP;
        }

        if (IsProc())
        {
            return FollowMagic(name);
        }

        if (!_isTrusted)
        {
            return -Errno.ELOOP;
        }

        return LinkText(name, out var error) is { } text ? Follow(text) : error;
    }

    // Links of procfs are the kernel's and cannot be planted; what they say is not always a path (proc(5)).
    private int FollowMagic(string name)
    {
        var error = Libc.OpenAt(_directory, Bytes(name), OpenFlags.Path | OpenFlags.Directory, out var next);
        if (error == 0)
        {
            error = Told(next);
        }

        if (error < 0)
        {
            next.Dispose();
            return error;
        }

        _directory.Dispose();
        _directory = next;
        _isTrusted = false;
        return 0;
    }

    // Where the kernel says that the directory is; believed only if it is there.
    private int Told(SafeFileHandle directory)
    {
        if (Libc.LinkText($"/proc/self/fd/{directory.DangerousGetHandle()}") is not { } place || !place.StartsWith('/'))
        {
            return -Errno.ENOENT;
        }

        if (!HostDirectory.IsAt(place, directory))
        {
            return -Errno.ENOENT;
        }

        _names.Clear();
        _names.AddRange(place.Split('/', StringSplitOptions.RemoveEmptyEntries));
        return 0;
    }

    // Null, and the negated errno, if it cannot be read.
    private string? LinkText(string name, out int error)
    {
        Span<byte> text = stackalloc byte[MaxLink];
        error = Libc.ReadLinkAt(_directory, Bytes(name), text);
        return error < 0 ? null : Encoding.UTF8.GetString(text[..error]);
    }

    private bool IsProc() => Libc.FileSystem(_directory, out var usage) == 0 && usage.IsProc;

    // A job has the caller's id and groups, or one of further ids that are the caller's; as real root's, an id of its own. Of the
    // directory of devices nobody gives a job the host's own to write to.
    private bool IsOutOfReach()
    {
        if (Libc.Status(_directory, out var status) < 0 || status.Owner != 0)
        {
            return false;
        }

        if (s_jobsHaveOtherIds.Value)
        {
            return (status.Mode & WritableByOthers) == 0;
        }

        return _names is ["dev"] || (Libc.EffectiveUid() != 0 && !Libc.CanWriteIn(_directory));
    }

    private static byte[] Bytes(string path) => Encoding.UTF8.GetBytes(path + '\0');
}
