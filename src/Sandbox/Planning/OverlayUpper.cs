using Sandbox.Interop;
using Sandbox.Planning.Steps;
using Sandbox.Text;

namespace Sandbox.Planning;

/// <summary>A writable overlay of a job: where its changes are kept, and what it was made of.</summary>
internal sealed record OverlayUpper
{
    /// <summary>The directory in the job's scratch that holds <c>upper</c> and <c>work</c>.</summary>
    public required string Directory { get; init; }

    /// <summary>Where the job sees it.</summary>
    public required string Target { get; init; }

    /// <summary>The host's directories below it, topmost first; the upper ones may hold whiteouts and opaque directories of their own.</summary>
    public required IReadOnlyList<string> LowerDirectories { get; init; }

    /// <summary>JSON pointer of what asked for it.</summary>
    public required string Origin { get; init; }

    /// <summary>What the launcher put into it before the job started, by the path below <see cref="Target"/>: no change of the job.</summary>
    public required IReadOnlyDictionary<string, GivenEntry> Given { get; init; }

    /// <summary>Mode of the upper directory itself (overlay_new, native/launcher/steps_overlay.c).</summary>
    public int Mode { get; init; } = GivenEntry.DirectoryMode;

    /// <summary>The writable overlays of a plan, in its order.</summary>
    public static IReadOnlyList<OverlayUpper> AllOf(SandboxPlan plan)
    {
        var uppers = new List<OverlayUpper>();
        var number = 0;
        for (var index = 0; index < plan.Steps.Count; index++)
        {
            // The launcher numbers read-only ones too, and those whose changes a directory of the user keeps: who asked for that
            // finds them there, with what earlier jobs changed.
            if (plan.Steps[index] is not (OverlayStep or LayeredRootStep))
            {
                continue;
            }

            var directory = $"overlay{number++}";
            if (plan.Steps[index] is MountStep { Writable: true } overlay and not OverlayStep { Upper: not null })
            {
                uppers.Add(Of(overlay, directory, plan.Steps, index));
            }
        }

        return uppers;
    }

    private static OverlayUpper Of(MountStep overlay, string directory, IReadOnlyList<PlanStep> steps, int index) => new()
    {
        Directory = directory,
        Target = overlay.Target,
        LowerDirectories = overlay is OverlayStep { Source: var source } ? [source] : [.. steps.OfType<LayerStep>().Select(layer => layer.Directory)],
        Origin = overlay.Origin,
        Given = GivenEntry.Below(overlay.Target, steps, index + 1),
    };
}

/// <summary>Something the launcher made in an overlay before the job started: a mount point, the way to one, a link or a file.</summary>
internal sealed record GivenEntry
{
    /// <summary>Directories the launcher makes (native/launcher/target.c, upper.c).</summary>
    public const int DirectoryMode = 0x1ed; // 0755

    private const int PlaceMode = 0x1a4; // 0644, of a mount point for a file

    /// <summary>What the link says; null if it is none.</summary>
    public string? Link { get; init; }

    /// <summary>The file; null if it is none.</summary>
    public FileStep? File { get; init; }

    /// <summary>A mount point or a directory on the way: made only where there was nothing.</summary>
    public bool IsPlace => Link is null && File is null;

    /// <summary>Whether something is just as a place is made.</summary>
    public static bool IsFreshPlace(FileStatus status) => status.Kind switch
    {
        FileKind.Directory => status.Permissions == DirectoryMode,
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
                MakeDirectoryStep directory => (directory.Directory, new GivenEntry()),
                FileStep file => (file.Target, new GivenEntry { File = file }),
                _ => ("", new GivenEntry()),
            };
            if (path.Length <= target.Length || !Paths.IsAtOrBelow(path, target))
            {
                continue;
            }

            var below = path[(target.Length == 1 ? 1 : target.Length + 1)..];
            for (var end = below.IndexOf('/'); end > 0; end = below.IndexOf('/', end + 1))
            {
                given.TryAdd(below[..end], new GivenEntry());
            }

            given[below] = entry;
        }

        return given;
    }
}
