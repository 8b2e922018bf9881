using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Destinations;
using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Text;

namespace Sandbox.Execution;

// In /tmp whoever comes first has a name, and a job that may write there is this user: what it put at the name of the run directory, every later command would take for its
// own (the list of detached runs, their logs, units made of them). So before such a job starts the directory is made, and the job finds an empty one in its place.
// It cannot take that away: the place is a mount point in its namespace (rename(2), rmdir(2), EBUSY), and the directories above belong to root.

/// <summary>What is kept out of one job; where this user has a name in a directory that everybody may write to, it is made before the job could.</summary>
internal static class SharedPlaces
{
    /// <summary>Looks for it.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="given">Absolute paths that this process was told to hide.</param>
    /// <param name="volumes">Where volumes are; null for nowhere.</param>
    /// <param name="held">Takes what has to stay open as long as the job runs; null if it will not run: then nothing is made, and what would be is told as if it were there.</param>
    /// <exception cref="InvalidJobException">Such a place is not this user's, or others may write to it.</exception>
    public static IReadOnlyList<HiddenPlace> Hide(JobSpec spec, IReadOnlyList<string> given, string? volumes, Action<SafeFileHandle>? held)
    {
        var writable = Enumerable.Range(0, spec.Mounts.Count).Where(index => spec.Mounts[index] is BindMount { Writable: true }).ToList();
        if (writable.Count == 0)
        {
            return All(given, volumes);
        }

        var missing = HostPathWalk.JobsHaveOtherIds ? [] : Make(spec, writable, held);
        return [.. All(given, volumes).Concat(missing).Select(static place => place with { IsFixed = IsFixed(place.Path) })];
    }

    /// <summary>A directory is at or above the one in which a place is, or would be.</summary>
    public static bool IsAbove(string directory, string place) => OwnDirectories.IsIn(Libc.RealPath(Above(place)) ?? Above(place), directory);

    /// <summary>Where this user's commands put something without having been told a place, in directories that everybody may write to; made or not.</summary>
    public static IReadOnlyList<string> All()
    {
        var run = Libc.EffectiveUid() == 0 ? "/run/sandbox/0" : $"/tmp/sandbox-{Libc.EffectiveUid()}";
        return UpperPlace.IsMemoryFit ? [run] : [run, UpperPlace.OutsideOfStore];
    }

    private static IReadOnlyList<HiddenPlace> All(IReadOnlyList<string> given, string? volumes)
    {
        var files = new HostFiles();
        return [.. HiddenPlace.All(given, files), .. HiddenPlace.Volumes(volumes, files)];
    }

    // Those that are not there because nothing is made.
    private static List<HiddenPlace> Make(JobSpec spec, List<int> writable, Action<SafeFileHandle>? held)
    {
        var missing = new List<HiddenPlace>();
        foreach (var place in All())
        {
            foreach (var index in writable)
            {
                if (!IsAbove(((BindMount)spec.Mounts[index]).Source, place))
                {
                    continue;
                }

                if (held is null && Libc.LinkStatusOf(place, out _) < 0)
                {
                    missing.Add(new(place, 0, 0));
                }
                else if (!TryMake(place, held))
                {
                    throw new InvalidJobException([new() { Pointer = $"/mounts/{index}/writable", Message = $"the job could write to {Words.Quote(place)}, where commands of this user look for what runs: it must be a directory of this user with mode 0700 before. Remove it, or bind a directory below {Above(place)}" }]);
                }

                break;
            }
        }

        return missing;
    }

    // What cannot be made by us cannot by the job, unless it is there and somebody else's.
    private static bool TryMake(string place, Action<SafeFileHandle>? held)
    {
        if (held is not null && Libc.EffectiveUid() == 0)
        {
            _ = Libc.MakePrivateDirectory(Bytes(Above(place)));
        }

        var error = held is null ? 0 : Libc.MakePrivateDirectory(Bytes(place));
        if (Libc.LinkStatusOf(place, out var status) < 0)
        {
            return error is -Errno.EACCES or -Errno.EPERM or -Errno.EROFS or -Errno.ENOENT;
        }

        if (status.Kind != FileKind.Directory || status.Owner != Libc.EffectiveUid() || (status.Permissions & 0x3f) != 0)
        {
            return false;
        }

        // What cleans /tmp up leaves a directory alone that is locked (tmpfiles.d(5), "Age"); without it the cover over it would be gone as well.
        if (Libc.OpenDirectoryToList(Bytes(place), out var directory) < 0)
        {
            return false;
        }

        if (held is null)
        {
            directory.Dispose();
            return true;
        }

        held(directory);
        return Libc.TryLockTogether(directory) == 0;
    }

    // Nothing above it can be moved by a job.
    private static bool IsFixed(string place)
    {
        var error = HostPathWalk.Open(Above(Above(place)), makes: false, out var walk);
        using (walk)
        {
            return error == 0 && walk.IsTrusted;
        }
    }

    private static string Above(string path) => path.LastIndexOf('/') is > 0 and var slash ? path[..slash] : "/";

    private static byte[] Bytes(string path) => Encoding.UTF8.GetBytes(path + '\0');
}
