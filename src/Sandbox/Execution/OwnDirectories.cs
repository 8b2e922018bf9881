using Sandbox.Destinations;
using Sandbox.Interop;
using Sandbox.Text;

namespace Sandbox.Execution;

/// <summary>
/// The directories in which the sandbox keeps what later jobs get or are held by: files and layers by their digest, compiled
/// policies. A job that may write there could give its own to all of them.
/// </summary>
internal static class OwnDirectories
{
    /// <summary>Refuses a job that may write to one of them.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="directories">The directories, made or not: what a job makes before us, we would take for our own.</param>
    /// <param name="hidden">What belongs to a job host: nothing is written there for a job either.</param>
    /// <exception cref="InvalidJobException">A mount gives the job one of them to write to, or an output would go there.</exception>
    public static void Check(JobSpec spec, IReadOnlyList<string> directories, IReadOnlyList<string> hidden)
    {
        var problems = new List<JobProblem>();
        for (var index = 0; index < spec.Mounts.Count; index++)
        {
            var (source, member) = spec.Mounts[index] switch
            {
                BindMount { Writable: true } bind => (bind.Source, "source"),
                OverlayMount { Upper: { } upper } => (upper, "upper"),
                _ => (null, ""),
            };
            if (source is not null && directories.FirstOrDefault(directory => WillMeet(source, directory)) is { } own)
            {
                problems.Add(new JobProblem { Pointer = $"/mounts/{index}/{member}", Message = $"the job could write to {Words.Quote(own)}, where the sandbox keeps what other jobs get: bind a directory below, or keep it elsewhere (SANDBOX_STORE, XDG_RUNTIME_DIR)" });
            }
        }

        foreach (var (destination, pointer) in NamedByJob(spec))
        {
            // Whether it is there or not: what is missing is made.
            if (directories.Concat(SharedPlaces.All()).FirstOrDefault(directory => SharedPlaces.IsAbove(destination, directory)) is { } own)
            {
                problems.Add(new JobProblem { Pointer = pointer, Message = $"the job chooses the names of directories there, and could have {Words.Quote(own)} written, where commands of this user take what they find for their own: choose a directory below" });
            }
        }

        foreach (var (destination, pointer) in Destinations(spec))
        {
            if ((directories.FirstOrDefault(directory => WillMeet(destination, directory)) ?? hidden.FirstOrDefault(directory => Meet(destination, directory))) is { } own)
            {
                problems.Add(new JobProblem { Pointer = pointer, Message = $"{Words.Quote(own)} is where the sandbox keeps what other jobs get, or belongs to a job host: nothing of a job is written there, or in a directory above" });
            }
        }

        if (problems.Count > 0)
        {
            throw new InvalidJobException(problems);
        }
    }

    /// <summary>
    /// Refuses a job that would see the volumes of others through an overlay: what is below a plain bind is covered there, and a directory of an overlay could be
    /// moved from under its cover.
    /// </summary>
    /// <param name="spec">The job.</param>
    /// <param name="volumes">Where volumes are, or would be; null for nowhere.</param>
    /// <exception cref="InvalidJobException">An overlay or a writable root shows them.</exception>
    public static void CheckVolumes(JobSpec spec, string? volumes)
    {
        if (volumes is null)
        {
            return;
        }

        var problems = new List<JobProblem>();
        for (var index = 0; index < spec.Mounts.Count; index++)
        {
            if (spec.Mounts[index] is OverlayMount overlay && Meet(overlay.Source, volumes))
            {
                problems.Add(new JobProblem { Pointer = $"/mounts/{index}/source", Message = ShowsVolumes(overlay.Source) });
            }
        }

        if (spec.Rootfs is DirectoryRootfs { Writable: true } root && Meet(root.Held?.Path ?? root.Path, volumes))
        {
            problems.Add(new JobProblem { Pointer = "/rootfs/directory", Message = ShowsVolumes(root.Path) });
        }

        if (problems.Count > 0)
        {
            throw new InvalidJobException(problems);
        }
    }

    private static string ShowsVolumes(string directory) =>
        $"the volumes of other jobs are in {Words.Quote(directory)}, and would be seen through the overlay: bind it read-only, overlay a directory below, or keep the store elsewhere (SANDBOX_STORE)";

    // Trees, of which the job makes the directories: what they are called is its choice (OutputSpec.To).
    private static List<(string Directory, string Pointer)> NamedByJob(JobSpec spec)
    {
        var found = new List<(string, string)>();
        for (var index = 0; index < spec.Outputs.Count; index++)
        {
            if (spec.Outputs[index].To.EndsWith('/') && spec.Outputs[index].Path.Contains("**", StringComparison.Ordinal))
            {
                found.Add((spec.Outputs[index].To, $"/outputs/{index}/to"));
            }
        }

        return found;
    }

    // What somebody else may write at his own choice; a caller's own job file may name any place of the caller's.
    // Most jobs have none, and pay for no generic method here: the first call of one has its code looked for.
    private static List<(string Directory, string Pointer)> Destinations(JobSpec spec)
    {
        var found = new List<(string, string)>();
        for (var index = 0; index < spec.Outputs.Count; index++)
        {
            Add(spec.Outputs[index].Held?.Path, $"/outputs/{index}/to");
        }

        Add(spec.Diff?.Held?.Path, "/diff/to");
        Add((spec.Stdout as FileOutput)?.Held?.Path, "/stdout");
        Add((spec.Stderr as FileOutput)?.Held?.Path, "/stderr");
        return found;

        void Add(string? directory, string pointer)
        {
            if (directory is not null)
            {
                found.Add((directory, pointer));
            }
        }
    }

    /// <summary>One of two directories is, holds or lies in the other, wherever they are mounted; false if one is not there.</summary>
    public static bool Meet(string one, string other) =>
        Libc.RealPath(one) is { } first && Libc.RealPath(other) is { } second && (IsIn(first, second) || IsIn(second, first));

    // The same, also where the second one is not there yet, and whoever may write to the first can make it.
    private static bool WillMeet(string one, string other) => Meet(one, other) || (Libc.RealPath(other) is null && IsIn(Resolved(other), one));

    // Without links, as far as it is there.
    private static string Resolved(string path)
    {
        for (var end = path.LastIndexOf('/'); end > 0; end = path.LastIndexOf('/', end - 1))
        {
            if (Libc.RealPath(path[..end]) is { } real)
            {
                return real + path[end..];
            }
        }

        return path;
    }

    /// <summary>A path is, or would be, in a directory: by what each directory above it is, since the same one may be mounted in several places.</summary>
    /// <param name="path">A path without links; what does not exist of it does not matter.</param>
    /// <param name="directory">The directory.</param>
    public static bool IsIn(string path, string directory)
    {
        if (Libc.StatusOf(directory, out var sought) < 0)
        {
            return false;
        }

        for (var end = path.Length; end >= 0; end = end > 1 ? Math.Max(path.LastIndexOf('/', end - 1), 1) : -1)
        {
            if (Libc.StatusOf(end == 0 ? "/" : path[..end], out var status) == 0 && (status.Device, status.Inode) == (sought.Device, sought.Inode))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>The directories of the user that keep what jobs change in overlays: written to as outputs are, and found by the same rules.</summary>
internal static class UpperDirectories
{
    /// <summary>The job with paths in which there is no link; pid 1 follows none.</summary>
    /// <exception cref="SandboxException">A job could have made a link on the way.</exception>
    public static JobSpec Resolve(JobSpec spec)
    {
        if (!spec.Mounts.Any(mount => mount is OverlayMount { Upper: not null }))
        {
            return spec;
        }

        return spec with { Mounts = [.. spec.Mounts.Select((mount, index) => mount is OverlayMount { Upper: { } upper } overlay ? overlay with { Upper = Resolve(upper, index) } : mount)] };
    }

    // What else is wrong with it the step itself tells.
    private static string Resolve(string upper, int index)
    {
        var error = HostPathWalk.Open(upper, makes: false, out var walk);
        using (walk)
        {
            if (error != -Errno.ELOOP)
            {
                return error == 0 ? walk.Place : upper;
            }

            throw new SandboxException("cannot open the directory that keeps the changes of an overlay")
            {
                Operation = Operation.OpenUpper,
                Path = walk.Failed,
                Errno = Errno.Name(-error),
                Pointer = $"/mounts/{index}/upper",
            };
        }
    }
}
