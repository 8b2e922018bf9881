
namespace Sandbox.Cli.Run;

/// <summary>The options that make up the job's file system: <c>rootfs</c>, <c>mounts</c>, <c>files</c>, <c>outputs</c>.</summary>
internal static class FileOptions
{
    private const string Overlay = ":O";

    public static IReadOnlyList<RunOption> All { get; } =
    [
        new()
        {
            Name = "volume",
            Letter = 'v',
            Value = "SRC:DST[:OPTIONS]",
            Kind = ValueKind.File,
            Help = "show a file or directory of the host: ro (default), rw, overlay or O, upper=DIRECTORY, noexec, optional; or volume SRC: ro, noexec, nocopy",
            Apply = VolumeOption.Apply,
        },
        new()
        {
            Name = "mount",
            Value = "KEY=VALUE,...",
            Kind = ValueKind.Of("type=bind", "type=volume", "type=overlay", "type=tmpfs", "type=symlink"),
            Help = "in words: type=bind|volume|overlay|tmpfs|symlink, source=, target=, writable, readonly, noexec, optional, nocopy, upper=, size=, inodes=",
            Apply = MountOption.Apply,
        },
        new()
        {
            Name = "tmpfs",
            Value = "DST[:OPTIONS]",
            Help = "mount an empty directory in memory; OPTIONS: size=SIZE, nr_inodes=NUMBER, noexec",
            Apply = TmpfsOption.Apply,
        },
        new()
        {
            Name = "shm-size",
            Value = "SIZE",
            Help = "give /dev/shm a size of its own, which is taken off --disk",
            Apply = (draft, value) =>
            {
                var problem = CommandQuantity.Size(value, out var bytes);
                draft.Add(new TmpfsMount { Target = "/dev/shm", SizeBytes = bytes });
                return problem;
            },
        },
        new()
        {
            Name = "rootfs",
            Value = "ROOT",
            Kind = ValueKind.Directory with { Words = ["host", "empty"] },
            Help = "what / is made of: host (the toolchain of the host, the default), empty, or a directory (DIRECTORY:O: writable)",
            Member = "/rootfs",
            Apply = SetRootfs,
        },
        new()
        {
            Name = "image",
            Value = "IMAGE",
            Kind = ValueKind.Image with { Files = FileChoice.Any },
            Help = "use a container image as /: an archive, an OCI layout, or a name that \"sandbox image ls\" lists",
            Member = "/rootfs",
            Apply = SetImage,
        },
        new()
        {
            Name = "host-tools",
            Help = "show the directories of your PATH read-only, with what their programs need, and use that PATH",
            Apply = (draft, _) =>
            {
                draft.HasHostTools = true;
                return null;
            },
        },
        new()
        {
            Name = "read-only",
            Help = "let the job change nothing of a root that it could change: that of --image and of --rootfs DIRECTORY:O",
            Apply = (draft, _) =>
            {
                draft.IsReadOnly = true;
                return null;
            },
        },
        new()
        {
            Name = "file",
            Value = "DST=SRC[:MODE]",
            Kind = ValueKind.File,
            Help = "copy a file of the host to DST before the start",
            Apply = InjectOption.ApplyFile,
        },
        new()
        {
            Name = "text",
            Value = "DST[:MODE]=TEXT",
            Help = "write TEXT to DST before the start",
            Show = static value => value.Split('=')[0],
            Apply = InjectOption.ApplyText,
        },
        new()
        {
            Name = "collect",
            Value = "PATH=TO[:OPTIONS]",
            Kind = ValueKind.File,
            Help = "copy a file (or *.log into TO/) out after the end; OPTIONS: the maximum size (default 64 MiB), optional",
            Apply = CollectOption.Apply,
        },
        new()
        {
            Name = "save-diff",
            Value = "FILE",
            Kind = ValueKind.File,
            Help = "write what the job changed in its overlays and its root to FILE (.tar, .tar.gz), an archive that is an OCI layer",
            Member = "/diff",
            Apply = (draft, value) => draft.WithPath(value, path => draft.Job = draft.Job with { Diff = new() { To = path } }),
        },
        new()
        {
            Name = "diff",
            Help = "list in the result what the job changed in its overlays and its root",
            Member = "/diff",
            Apply = (draft, _) =>
            {
                draft.Job = draft.Job with { Diff = draft.Job.Diff ?? new() };
                draft.NeedsResult = true;
                return null;
            },
        },
    ];

    private static string? SetRootfs(JobDraft draft, string value)
    {
        if (value is "host" or "empty")
        {
            return draft.SetRootfs(value == "host" ? new HostRootfs() : new EmptyRootfs());
        }

        // As podman has it: an overlay of the directory, which itself never changes.
        var isWritable = value.EndsWith(Overlay, StringComparison.Ordinal);
        var directory = isWritable ? value[..^Overlay.Length] : value;
        return draft.PathProblem(directory) ?? draft.SetRootfs(new DirectoryRootfs { Path = draft.AbsolutePath(directory), Writable = isWritable });
    }

    // As docker has it, what the job changes of an image is lost with it.
    private static string? SetImage(JobDraft draft, string value)
    {
        var isPath = ImageStore.IsPath(value);
        return (isPath ? draft.PathProblem(value) : null) ??
            draft.SetRootfs(new ImageRootfs { Reference = isPath ? draft.AbsolutePath(value) : value, Writable = true });
    }
}
