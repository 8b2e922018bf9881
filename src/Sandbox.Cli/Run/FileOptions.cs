namespace Sandbox.Cli.Run;

/// <summary>The options that make up the job's file system: <c>rootfs</c>, <c>mounts</c>, <c>files</c>, <c>outputs</c>.</summary>
internal static class FileOptions
{
    public static IReadOnlyList<RunOption> All { get; } =
    [
        new()
        {
            Name = "volume",
            Letter = 'v',
            Value = "SRC:DST[:OPTIONS]",
            Help = "show a file or folder of the host; OPTIONS: ro (the default), rw, overlay or O, noexec, optional",
            Apply = VolumeOption.Apply,
        },
        new()
        {
            Name = "mount",
            Value = "KEY=VALUE,...",
            Help = "the same in words: type=bind|overlay|tmpfs|symlink, source=, target=, writable, noexec, optional, size=, inodes=",
            Apply = MountOption.Apply,
        },
        new()
        {
            Name = "tmpfs",
            Value = "DST[:OPTIONS]",
            Help = "an empty folder in memory; OPTIONS: size=SIZE, nr_inodes=NUMBER, noexec",
            Apply = TmpfsOption.Apply,
        },
        new()
        {
            Name = "shm-size",
            Value = "SIZE",
            Help = "give /dev/shm a size of its own, taken off --disk",
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
            Help = "what / is made of: host (the host's toolchain folders, the default), empty, or a folder",
            Member = "/rootfs",
            Apply = SetRootfs,
        },
        new()
        {
            Name = "file",
            Value = "DST=SRC[:MODE]",
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
            Help = "copy a file (or *.log into TO/) out after the end; OPTIONS: the largest size (64 MiB), optional",
            Apply = CollectOption.Apply,
        },
    ];

    private static string? SetRootfs(JobDraft draft, string value)
    {
        if (value is "host" or "empty")
        {
            draft.Job = draft.Job with { Rootfs = value == "host" ? new HostRootfs() : new EmptyRootfs() };
            return null;
        }

        return draft.WithPath(value, path => draft.Job = draft.Job with { Rootfs = new DirectoryRootfs { Path = path } });
    }
}
