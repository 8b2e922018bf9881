using Sandbox.Interop;
using Sandbox.Planning.Steps;
using Sandbox.Text;

namespace Sandbox.Planning;

/// <summary>Something the launcher made in an overlay before the job started: a mount point, the way to one, a link or a file.</summary>
internal sealed record GivenEntry
{
    /// <summary>Folders the launcher makes (native/launcher/target.c, upper.c).</summary>
    public const int FolderMode = 0x1ed; // 0755

    private const int PlaceMode = 0x1a4; // 0644, of a mount point for a file

    /// <summary>What the link says; null if it is none.</summary>
    public string? Link { get; init; }

    /// <summary>The file; null if it is none.</summary>
    public FileStep? File { get; init; }

    /// <summary>A mount point or a folder on the way: made only where there was nothing.</summary>
    public bool IsPlace => Link is null && File is null;

    /// <summary>Whether something is just as a place is made.</summary>
    public static bool IsFreshPlace(FileStatus status) => status.Kind switch
    {
        FileKind.Directory => status.Permissions == FolderMode,
        FileKind.Regular => status is { Permissions: PlaceMode, Size: 0 },
        _ => false,
    };

    /// <summary>What the steps from an index on make below a target, by the path from there.</summary>
    public static IReadOnlyDictionary<string, GivenEntry> Below(string target, IReadOnlyList<PlanStep> steps, int first)
    {
        var given = new Dictionary<string, GivenEntry>(StringComparer.Ordinal);
        for (var index = first; index < steps.Count; index++)
        {
            var (path, entry) = steps[index] switch
            {
                SymlinkStep link => (link.Target, new GivenEntry { Link = link.Source }),
                MountStep mount => (mount.Target, new GivenEntry()),
                DirectoryStep directory => (directory.Folder, new GivenEntry()),
                FileStep file => (file.Target, new GivenEntry { File = file }),
                _ => ("", new GivenEntry()),
            };
            if (path.Length <= target.Length || !Paths.IsAtOrBelow(path, target))
                continue;

            var below = path[(target.Length == 1 ? 1 : target.Length + 1)..];
            for (var end = below.IndexOf('/'); end > 0; end = below.IndexOf('/', end + 1))
                given.TryAdd(below[..end], new GivenEntry());
            given[below] = entry;
        }

        return given;
    }
}
