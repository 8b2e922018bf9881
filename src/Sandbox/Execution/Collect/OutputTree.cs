using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Host;
using Sandbox.Interop;

namespace Sandbox.Execution.Collect;

// Every path starts at the descriptor of the job's root and is resolved by the kernel with all links refused
// (openat2(2)): a link the job has put anywhere in it leads nowhere, not even to another place inside.

/// <summary>Finds and opens files below a job's root.</summary>
internal sealed class OutputTree(SafeFileHandle root)
{
    /// <summary>The refusal of a path that does not exist.</summary>
    public const string NoSuchFile = "no such file";

    private const ulong Resolve = OpenHow.Beneath | OpenHow.NoSymlinks | OpenHow.NoMagicLinks;
    private const int Enoent = 2;
    private const int Exdev = 18;
    private const int Enotdir = 20;
    private const int Eloop = 40;

    /// <summary>The components of an absolute path inside; null if it tries to climb.</summary>
    public static string[]? Components(string path)
    {
        var components = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (components.Contains(".."))
        {
            return null;
        }

        return components.Where(component => component != ".").ToArray();
    }

    /// <summary>Opens a regular file for reading; null, or why not.</summary>
    public string? OpenRegular(string path, IReadOnlyList<ulong> ownDevices, out SafeFileHandle file, out FileStatus status)
    {
        // Opening a device or a FIFO can have effects or wait for ever: look first, without opening (O_PATH).
        var refusal = Inspect(path, ownDevices, out var seen);
        (file, status) = (new SafeFileHandle(), seen);
        if (refusal is not null)
        {
            return refusal;
        }

        var flags = OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.NoFollow | OpenFlags.NoControllingTerminal;
        if (Open(path, flags, out var opened) is var error && error < 0)
        {
            return Refusal(-error);
        }

        // Between the two calls only somebody on the host can have put another file here.
        if (Libc.Status(opened, out status) == 0 && status.Inode == seen.Inode && status.Device == seen.Device)
        {
            file = opened;
            return null;
        }

        opened.Dispose();
        return "replaced while it was collected";
    }

    /// <summary>Every path that matches, links never followed, folders left out.</summary>
    public OutputMatches Expand(IReadOnlyList<string> components)
    {
        var expansion = new OutputExpansion(this);
        return expansion.Expand(components);
    }

    /// <summary>What is at a path, without opening it; null if it is a regular file fit to be read.</summary>
    public string? Inspect(string path, IReadOnlyList<ulong> ownDevices, out FileStatus status)
    {
        status = default;
        if (Open(path, OpenFlags.Path | OpenFlags.NoFollow, out var file) is var error && error < 0)
        {
            return Refusal(-error);
        }

        using (file)
        {
            if (Libc.Status(file, out status) is var failed && failed < 0)
            {
                return Refusal(-failed);
            }
        }

        if (status.Kind != FileKind.Regular)
        {
            return $"not a regular file ({Word(status.Kind)})";
        }

        // Another name of the file may be one that the job could not read: rename and link permissions are not
        // read permissions. On the job's own file systems all names are the job's.
        if (status.LinkCount > 1 && !ownDevices.Contains(status.Device))
        {
            return "a hard link: the file has other names outside the job's own file systems";
        }

        return null;
    }

    /// <summary>Opens a folder for listing; 0 or the negated errno.</summary>
    public int OpenFolder(string path, out SafeFileHandle folder) =>
        Open(path, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NonBlocking, out folder);

    /// <summary>Says why a path could not be resolved or opened.</summary>
    public static string Refusal(int errno) => errno switch
    {
        Enoent or Enotdir => NoSuchFile,
        Eloop => "a folder of its path is a symbolic link",
        Exdev => "outside the job's root",
        _ => $"cannot be opened ({Errno.Name(errno)})",
    };

    private static string Word(FileKind kind) => kind switch
    {
        FileKind.SymbolicLink => "symbolic link",
        FileKind.Directory => "folder",
        FileKind.Fifo => "FIFO",
        FileKind.Socket => "socket",
        FileKind.CharacterDevice or FileKind.BlockDevice => "device",
        _ => "unknown type",
    };

    private int Open(string path, int flags, out SafeFileHandle file)
    {
        HostWatch.At("/" + path);
        HostWatch.Advance();
        return Libc.OpenAt2(root, Encoding.UTF8.GetBytes(path.Length == 0 ? ".\0" : path + '\0'), flags, Resolve, out file);
    }
}
