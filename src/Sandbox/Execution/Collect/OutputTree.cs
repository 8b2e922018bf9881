using Microsoft.Win32.SafeHandles;
using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Storage;

namespace Sandbox.Execution.Collect;

// A link the job has put anywhere in its root leads nowhere, not even to another place inside (UntrustedTree). Mounts are crossed: the root is made of
// them, by the launcher.

/// <summary>Finds and opens files below a job's root.</summary>
/// <param name="root">The root.</param>
/// <param name="rights">With whose rights; null for this process's own.</param>
internal sealed class OutputTree(SafeFileHandle root, JobFileRights? rights)
{
    /// <summary>The refusal of a path that does not exist.</summary>
    public const string NoSuchFile = "no such file";

    private const string NotRegular = "not a regular file";
    private const string OfTheKernel = NotRegular + " (it is in /proc or /sys: the kernel makes it up)";
    private const string LinkOnTheWay = "a directory of its path is a symbolic link";
    private const string HardLink = "a hard link: the file has other names outside the job's own file systems";

    private readonly UntrustedTree _tree = Listing(root, new(int.MaxValue));

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
        using var scope = JobFileRights.Take(rights);
        var refusal = Inspect(path, ownDevices, out var seen, out status);
        using (seen)
        {
            file = new SafeFileHandle();
            return refusal ?? FileSystemRefusal(seen, status, ownDevices) ?? (UntrustedTree.Read(seen, out file) is var error && error < 0 ? Refusal(-error) : null);
        }
    }

    /// <summary>Every path that matches, links never followed, directories left out.</summary>
    public OutputMatches Expand(IReadOnlyList<string> components)
    {
        using var scope = JobFileRights.Take(rights);
        var budget = new TreeBudget(OutputExpansion.MaxEntries);
        return new OutputExpansion(this, Listing(root, budget), budget).Expand(components);
    }

    /// <summary>What is at a path, without opening it; null if it is a regular file fit to be read.</summary>
    public string? Inspect(string path, IReadOnlyList<ulong> ownDevices, out FileStatus status)
    {
        var refusal = Inspect(path, ownDevices, out var seen, out status);
        seen.Dispose();
        return refusal;
    }

    /// <summary>Opens a directory for listing; 0 or the negated errno.</summary>
    public int OpenDirectory(string path, out SafeFileHandle directory)
    {
        Watch(path);
        return _tree.OpenDirectory(path, out directory);
    }

    /// <summary>Says why a path could not be resolved or opened.</summary>
    public static string Refusal(int errno) => errno switch
    {
        Errno.ENOENT or Errno.ENOTDIR => NoSuchFile,
        Errno.ELOOP => LinkOnTheWay,
        Errno.EXDEV => "outside the job's root",
        _ => $"cannot be opened ({Errno.Name(errno)})",
    };

    /// <summary>What a refusal of <see cref="OpenRegular"/> is, for programs.</summary>
    public static OutputRefusal KindOf(string refusal) =>
        refusal == NoSuchFile ? OutputRefusal.Missing
        : refusal.StartsWith(NotRegular, StringComparison.Ordinal) || refusal is LinkOnTheWay or HardLink ? OutputRefusal.NotRegular
        : OutputRefusal.Other;

    private string? Inspect(string path, IReadOnlyList<ulong> ownDevices, out SafeFileHandle seen, out FileStatus status)
    {
        Watch(path);
        if (_tree.Look(path, out seen, out status) is var error && error < 0)
        {
            return Refusal(-error);
        }

        if (status.Kind != FileKind.Regular)
        {
            return $"{NotRegular} ({Word(status.Kind)})";
        }

        // Another name of the file may be one that the job could not read: rename and link permissions are not
        // read permissions. On the job's own file systems all names are the job's.
        if (status.LinkCount > 1 && !ownDevices.Contains(status.Device))
        {
            return HardLink;
        }

        return null;
    }

    // Files of procfs tell real root more than anybody else, whatever its rights to files are at the moment (kallsyms, iomem).
    private static string? FileSystemRefusal(SafeFileHandle seen, FileStatus status, IReadOnlyList<ulong> ownDevices) =>
        !ownDevices.Contains(status.Device) && Libc.FileSystem(seen, out var usage) == 0 && usage.IsOfTheKernel ? OfTheKernel : null;

    private static string Word(FileKind kind) => kind switch
    {
        FileKind.SymbolicLink => "symbolic link",
        FileKind.Directory => "directory",
        FileKind.Fifo => "FIFO",
        FileKind.Socket => "socket",
        FileKind.CharacterDevice or FileKind.BlockDevice => "device",
        _ => "unknown type",
    };

    private static UntrustedTree Listing(SafeFileHandle root, TreeBudget budget) => new(root, TreeScope.AllMounts, budget);

    private static void Watch(string path)
    {
        HostWatch.At("/" + path);
        HostWatch.Advance();
    }
}
