using Sandbox.Jobs;
using Sandbox.Store;
using Sandbox.Text;

namespace Sandbox.Execution;

/// <summary>A path of the host that a job names, or that a job of its kind needs.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Pointer">JSON pointer of the member that names it; null for what is the host's own.</param>
/// <param name="IsRead">Its content is read, not only seen by the job.</param>
internal readonly record struct NamedPath(string Path, string? Pointer, bool IsRead)
{
    /// <summary>All paths of a job, in no particular order. Looks at nothing.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="store">The directory of the store; asked for only if the job takes something from it.</param>
    public static List<NamedPath> AllOf(JobSpec spec, Func<string> store)
    {
        var paths = new List<NamedPath>();
        AddSources(spec, paths);
        AddDestinations(spec, paths);
        if (spec.Rootfs is ImageRootfs || StoredName.Of(spec).Count > 0 || spec.Mounts.Any(static mount => mount is VolumeMount))
        {
            paths.Add(new(store(), null, IsRead: true));
        }

        paths.RemoveAll(named => !named.Path.StartsWith('/'));
        return paths;
    }

    /// <summary>The member that names a path, or a directory above it, where one does.</summary>
    public static string? PointerOf(IReadOnlyList<NamedPath> paths, string path)
    {
        string? pointer = null;
        var longest = 0;
        foreach (var named in paths)
        {
            if (named.Path.Length <= longest || !Paths.IsAtOrBelow(path, named.Path))
            {
                continue;
            }

            (pointer, longest) = (named.Pointer, named.Path.Length);
        }

        return pointer;
    }

    private static void AddSources(JobSpec spec, List<NamedPath> paths)
    {
        switch (spec.Rootfs)
        {
            case DirectoryRootfs rootfs:
                paths.Add(new(rootfs.Held?.Path ?? rootfs.Path, "/rootfs/directory", IsRead: true));
                break;
            case ImageRootfs image when ImageReference.IsPath(image.Reference):
                paths.Add(new(image.Held?.Path ?? System.IO.Path.GetFullPath(image.Reference), "/rootfs/image", IsRead: true));
                break;
        }

        for (var index = 0; index < spec.Mounts.Count; index++)
        {
            AddMount(spec.Mounts[index], $"/mounts/{index}", paths);
        }

        foreach (var file in spec.Files)
        {
            if (file.Content is FileContent source)
            {
                paths.Add(new(source.Path, $"/files/{Sandbox.Text.JsonPointer.Escape(file.Path)}/from", IsRead: true));
            }
        }

        if (spec.Stdin is ContentStdin { Content: FileContent stdin })
        {
            paths.Add(new(stdin.Path, "/stdin/from", IsRead: true));
        }

        if (spec.Seccomp is PolicyFile policy)
        {
            paths.Add(new(policy.Path, "/seccomp", IsRead: true));
        }
    }

    private static void AddMount(Mount mount, string pointer, List<NamedPath> paths)
    {
        switch (mount)
        {
            case BindMount bind:
                paths.Add(new(bind.Source, pointer + "/source", IsRead: false));
                break;
            case OverlayMount overlay:
                paths.Add(new(overlay.Source, pointer + "/source", IsRead: true));
                if (overlay.Upper is { } upper)
                {
                    paths.Add(new(upper, pointer + "/upper", IsRead: true));
                }

                break;
        }
    }

    // What will be written need not be there yet, but whoever has it or its directory has to answer.
    private static void AddDestinations(JobSpec spec, List<NamedPath> paths)
    {
        if (spec.Stdout is FileOutput stdout)
        {
            AddDestination(stdout.Path, stdout.Held, "/stdout/to", paths);
        }

        if (spec.Stderr is FileOutput stderr)
        {
            AddDestination(stderr.Path, stderr.Held, "/stderr/to", paths);
        }

        if (spec.Diff?.To is { } archive)
        {
            AddDestination(archive, spec.Diff.Held, "/diff/to", paths);
        }

        for (var index = 0; index < spec.Outputs.Count; index++)
        {
            if (spec.Outputs[index].To != OutputSpec.Memory)
            {
                AddDestination(spec.Outputs[index].To, spec.Outputs[index].Held, $"/outputs/{index}/to", paths);
            }
        }
    }

    private static void AddDestination(string path, HeldPath? held, string pointer, List<NamedPath> paths)
    {
        if (held is not null)
        {
            paths.Add(new(held.Path, pointer, IsRead: false));
            return;
        }

        paths.Add(new(path[..Math.Max(path.LastIndexOf('/'), 1)], pointer, IsRead: false));
        paths.Add(new(path, pointer, IsRead: true));
    }
}
