using Sandbox.Hashing;
using Sandbox.Store;
using Sandbox.Text;

namespace Sandbox.Jobs;

/// <summary>Checks what the job's file system is made of: rootfs, mounts, files.</summary>
internal static class MountRules
{
    /// <summary>Nothing is copied that a mode could be set on.</summary>
    public const string ModeOfReadOnly = "does not apply: a read-only file of the host or the store keeps its own mode";

    public static void Check(JobSpec spec, ProblemList problems)
    {
        CheckRootfs(spec.Rootfs, problems);
        if (spec.Rootfs is null || spec.Mounts is null || spec.Files is null)
        {
            problems.Add(spec.Rootfs is null ? "/rootfs" : spec.Mounts is null ? "/mounts" : "/files", "must not be null");
            return;
        }

        var taken = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < spec.Mounts.Count; index++)
        {
            CheckMount(spec.Mounts[index], $"/mounts/{index}", spec.Rootfs is ImageRootfs, taken, problems);
        }

        CheckSizes(spec, problems);
        foreach (var file in spec.Files)
        {
            CheckFile(file, taken, problems);
        }
    }

    private static void CheckRootfs(Rootfs? rootfs, ProblemList problems)
    {
        if (rootfs is DirectoryRootfs directory && PathRules.HostProblem(directory.Path) is { } directoryProblem)
        {
            problems.Add("/rootfs/directory", directoryProblem);
        }

        if (rootfs is ImageRootfs image && ImageProblem(image.Reference) is { } imageProblem)
        {
            problems.Add("/rootfs/image", imageProblem);
        }
    }

    private static string? ImageProblem(string? reference) =>
        TextRules.Problem(reference) ?? (reference is "" ? "must not be empty" :
            ImageReference.IsPath(reference!) ? PathRules.HostProblem(reference) : null);

    private static void CheckMount(Mount? mount, string pointer, bool isImage, HashSet<string> taken, ProblemList problems)
    {
        if (mount is null)
        {
            problems.Add(pointer, "must not be null");
            return;
        }

        if (PathRules.CheckInside(mount.Target, pointer + "/target", problems))
        {
            CheckTarget(mount.Target, pointer + "/target", taken, problems);
        }

        if (SourceProblem(mount) is { } problem)
        {
            problems.Add(pointer + "/source", problem);
        }

        if (mount is OverlayMount { Upper: { } upper } && PathRules.HostProblem(upper) is { } upperProblem)
        {
            problems.Add(pointer + "/upper", upperProblem);
        }

        if (mount is VolumeMount { ReadOnly: true, Create: true } volume && !(isImage && volume.Copy))
        {
            problems.Add(pointer + "/create", "does not apply to a volume that the job may only read: a new one is empty, unless an image fills it");
        }

        // To tmpfs a size or a number of inodes of 0 means without limit (tmpfs(5)).
        if (mount is TmpfsMount { SizeBytes: <= 0 })
        {
            problems.Add(pointer + "/size", "must be at least 1 byte");
        }

        if (mount is TmpfsMount { Inodes: <= 0 })
        {
            problems.Add(pointer + "/inodes", "must be at least 1");
        }
    }

    private static void CheckTarget(string target, string pointer, HashSet<string> taken, ProblemList problems)
    {
        if (target == "/")
        {
            problems.Add(pointer, "must not be \"/\": that is what \"rootfs\" is for");
            return;
        }

        if (!taken.Add(target))
        {
            problems.Add(pointer, $"\"{target}\" is already the target of a mount");
        }
    }

    private static string? SourceProblem(Mount mount) => mount switch
    {
        BindMount bind => PathRules.HostProblem(bind.Source),
        StoredMount stored => ObjectName.Problem(stored.Sha256),
        VolumeMount volume => VolumeName.Problem(volume.Name),
        OverlayMount overlay => PathRules.HostProblem(overlay.Source),
        SymlinkMount { Source: "" } => "must not be empty",
        SymlinkMount symlink => TextRules.Problem(symlink.Source) ??
            (TextRules.Bytes(symlink.Source) > 4095 ? "is longer than the kernel allows (4095 bytes)" : null),
        _ => null,
    };

    private static void CheckSizes(JobSpec spec, ProblemList problems)
    {
        if (spec.Limits?.DiskBytes is not { } left || problems.Unreadable("/limits/disk"))
        {
            return;
        }

        var disk = left;
        for (var index = 0; index < spec.Mounts.Count; index++)
        {
            if (spec.Mounts[index] is not TmpfsMount { SizeBytes: > 0 and var size })
            {
                continue;
            }

            if (size > left)
            {
                problems.Add($"/mounts/{index}/size", $"the sized tmpfs mounts exceed the disk limit of {Quantity.SizeText(disk)}");
                return;
            }

            left -= size;
        }
    }

    private static void CheckFile(InjectedFile? file, HashSet<string> taken, ProblemList problems)
    {
        if (file is null)
        {
            problems.Add("/files", "must not contain null");
            return;
        }

        var pointer = "/files/" + JsonPointer.Escape(file.Path ?? "");
        if (!PathRules.CheckInside(file.Path, pointer, problems))
        {
            return;
        }

        if (file.Path == "/")
        {
            problems.Add(pointer, "must be a file, not \"/\"");
            return;
        }

        if (!taken.Add(file.Path!))
        {
            problems.Add(pointer, $"\"{file.Path}\" is already the target of a mount or a file");
        }

        if (file.Mode is < 0 or > 0x1FF)
        {
            problems.Add(pointer + "/mode", "must be permission bits from 0000 to 0777 (octal)");
        }

        if (StreamRules.ContentProblem(file.Content) is { } problem)
        {
            problems.Add(pointer + (file.Content is FileContent or StoredContent ? "/from" : ""), problem);
        }

        if (file is { ReadOnly: true, Mode: not InjectedFile.DefaultMode, Content: FileContent or StoredContent })
        {
            problems.Add(pointer + "/mode", ModeOfReadOnly);
        }
    }
}
