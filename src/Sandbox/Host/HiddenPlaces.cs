using Sandbox.Interop;
using Sandbox.Text;

namespace Sandbox.Host;

// A job is the caller's uid outside, so the mode of a socket does not keep it out. Where sockets may be is known by what this process was told, by the
// places that a job host takes by itself, and by the kernel's list of sockets: a host listens on PATH and PATH.exec, which nothing else does.

/// <summary>A directory or socket of the host that no job may reach, whatever it binds.</summary>
/// <param name="Path">Where it is seen, without links; one that is mounted in several places is there several times.</param>
/// <param name="Device">The device it is on, as <see cref="FileStatus.Device"/>.</param>
/// <param name="Inode">Its inode there.</param>
internal sealed record HiddenPlace(string Path, ulong Device, ulong Inode)
{
    private const string Handover = ".exec";

    /// <summary>Nothing below it is bound by itself either.</summary>
    public bool IsWhole { get; init; }

    /// <summary>It holds the volumes, which jobs get by their names.</summary>
    public bool IsVolumes { get; init; }

    /// <summary>No directory above it can be moved by a job of this user: what covers it stays where it is.</summary>
    public bool IsFixed { get; init; }

    /// <summary>What this process was told to hide.</summary>
    /// <param name="given">Absolute paths; one that is not there does not matter.</param>
    /// <param name="files">The host's files.</param>
    public static IReadOnlyList<HiddenPlace> Of(IReadOnlyList<string> given, HostFiles files) => given.Count == 0 ? [] : Everywhere(given, files);

    /// <summary>The same, and all sockets of job hosts of this user that can be found.</summary>
    /// <param name="given">Absolute paths; one that is not there does not matter.</param>
    /// <param name="files">The host's files.</param>
    public static IReadOnlyList<HiddenPlace> All(IReadOnlyList<string> given, HostFiles files)
    {
        var user = Libc.EffectiveUid();
        string?[] usual = [Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR"), $"/run/user/{user}", $"/run/sandbox/{user}", $"/tmp/sandbox-{user}"];
        string[] own = [.. usual.OfType<string>().Where(directory => IsPrivate(directory, user))];
        return
        [
            .. Everywhere([.. given, .. own, .. Listening(files.Text("proc/self/net/unix"), user)], files),
            .. Everywhere(own.SelectMany(RunDirectories), files).Select(static place => place with { IsWhole = true }),
        ];
    }

    /// <summary>The directory of volumes, wherever it is seen.</summary>
    /// <param name="directory">Where it is, or would be; null for none.</param>
    /// <param name="files">The host's files.</param>
    public static IEnumerable<HiddenPlace> Volumes(string? directory, HostFiles files) =>
        directory is null || Libc.StatusOf(directory, out _) < 0 ? [] : Everywhere([directory], files).Select(static place => place with { IsWhole = true, IsVolumes = true });

    /// <summary>The sockets of job hosts in the kernel's list, and their directories.</summary>
    /// <param name="list">/proc/net/unix (proc(5)).</param>
    public static IEnumerable<string> Sockets(string list)
    {
        // "Num RefCount Protocol Flags Type St Inode Path", and of what listens the flags have this bit (__SO_ACCEPTCON).
        const string listens = " 00010000 ";
        if (!list.Contains(Handover, StringComparison.Ordinal))
        {
            return [];
        }

        var paths = list.Split('\n').Where(line => line.Contains(listens, StringComparison.Ordinal) && line.Contains(" /", StringComparison.Ordinal))
            .Select(line => line[(line.IndexOf(" /", StringComparison.Ordinal) + 1)..]).ToHashSet(StringComparer.Ordinal);
        return paths.Where(path => path.EndsWith(Handover, StringComparison.Ordinal) && paths.Contains(path[..^Handover.Length]))
            .SelectMany(path => new[] { path[..Math.Max(1, path.LastIndexOf('/'))], path, path[..^Handover.Length] });
    }

    // The run directory of this user's sandboxes (docs/running.md), which is below one and in the other.
    private static string[] RunDirectories(string directory) => [directory + "/sandbox", directory + "/hosts", directory + "/runs"];

    // What the path leads to here may be somebody else's: the one who listens may have another root.
    private static IEnumerable<string> Listening(string list, uint user)
    {
        foreach (var group in Sockets(list).Chunk(3))
        {
            if (Libc.StatusOf(group[1], out var status) == 0 && status.Kind == FileKind.Socket && status.Owner == user)
            {
                foreach (var path in group)
                {
                    yield return path;
                }
            }
        }
    }

    private static bool IsPrivate(string directory, uint user) =>
        directory.StartsWith('/') && Libc.StatusOf(directory, out var status) == 0 && status.Kind == FileKind.Directory && status.Owner == user && (status.Permissions & 0x3f) == 0;

    private static List<HiddenPlace> Everywhere(IEnumerable<string> paths, HostFiles files)
    {
        var places = new List<HiddenPlace>();
        MountEntry[]? mounts = null;
        foreach (var path in paths)
        {
            if (Libc.RealPath(path) is not { } real || places.Any(place => place.Path == real) || Libc.StatusOf(real, out var status) < 0)
            {
                continue;
            }

            places.Add(new(real, status.Device, status.Inode));
            mounts ??= [.. files.Lines("proc/self/mountinfo").Select(MountEntry.Parse).OfType<MountEntry>()];
            foreach (var other in Others(real, mounts))
            {
                if (places.TrueForAll(place => place.Path != other) && Libc.StatusOf(other, out var seen) == 0 &&
                    ((seen.Device, seen.Inode) == (status.Device, status.Inode) || seen.Kind == FileKind.Socket))
                {
                    places.Add(new(other, seen.Device, seen.Inode));
                }
            }
        }

        return places;
    }

    // A file system may be mounted several times, and of what is inside of the directory a socket by itself.
    private static IEnumerable<string> Others(string real, MountEntry[] mounts)
    {
        MountEntry? holds = null;
        foreach (var mount in mounts)
        {
            holds = Paths.IsAtOrBelow(real, mount.Target) && mount.Target.Length >= (holds?.Target.Length ?? 0) ? mount : holds;
        }

        if (holds is null)
        {
            yield break;
        }

        var inside = Paths.Moved(real, holds.Target, holds.Root);
        foreach (var mount in mounts)
        {
            if (mount != holds && mount.Device == holds.Device && (Paths.IsAtOrBelow(inside, mount.Root) || Paths.IsAtOrBelow(mount.Root, inside)))
            {
                yield return Paths.IsAtOrBelow(inside, mount.Root) ? Paths.Moved(inside, mount.Root, mount.Target) : mount.Target;
            }
        }
    }
}
