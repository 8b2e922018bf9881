using Sandbox.Interop;
using Sandbox.Planning.Steps;
using Sandbox.Text;

namespace Sandbox.Planning;

/// <summary>The job's own <c>mounts</c>: which of them take part, and their steps.</summary>
internal sealed class UserMounts
{
    // tmpfs(5) counts inodes of about 1 KiB each; a page per inode is what its own default allows.
    private const long BytesPerInode = 4096;
    private const long FewestInodes = 1024;

    private readonly HostTree _host;
    private readonly string _storedFiles;
    private readonly IReadOnlyDictionary<string, VolumePlace> _volumes;
    private readonly HiddenFromJobs _hidden;
    private readonly List<(int Index, Mount Mount)> _taking = [];

    public UserMounts(JobSpec spec, PlanContext context, HiddenFromJobs hidden)
    {
        var host = context.Host;
        _hidden = hidden;
        _host = host;
        _storedFiles = context.StoredFiles;
        _volumes = context.Volumes;
        for (var index = 0; index < spec.Mounts.Count; index++)
        {
            var mount = spec.Mounts[index];
            if (mount is BindMount { Optional: true } bind && host.Resolved(bind.Source) == HostEntryKind.Missing)
            {
                Skipped.Add(mount.Target);
                continue;
            }

            _taking.Add((index, mount));
            TmpfsBytes += mount is TmpfsMount { SizeBytes: { } size } ? size : 0;
        }
    }

    /// <summary>Targets of optional mounts without a source.</summary>
    public List<string> Skipped { get; } = [];

    /// <summary>Bytes the sized tmpfs mounts take off the <c>disk</c> limit.</summary>
    public long TmpfsBytes { get; }

    /// <summary>Largest number of inodes of a tmpfs whose job asks for none.</summary>
    public static long InodesFor(long bytes) => Math.Max(FewestInodes, bytes / BytesPerInode);

    /// <summary>The path is hidden, or its mount point taken, by a mount of the job.</summary>
    public bool Cover(string path)
    {
        foreach (var (_, mount) in _taking)
        {
            if (Paths.IsAtOrBelow(path, mount.Target))
            {
                return true;
            }
        }

        return false;
    }

    public void AddTo(MountTable table, List<JobProblem> problems)
    {
        foreach (var (index, mount) in _taking)
        {
            var pointer = $"/mounts/{index}";
            var problem = Reserved(mount.Target) ?? table.MakeRoomForMount(mount.Target);
            if (problem is not null)
            {
                problems.Add(new JobProblem { Pointer = pointer + "/target", Message = problem });
                continue;
            }

            if (mount is TmpfsMount { SizeBytes: null, Inodes: not null })
            {
                problems.Add(new JobProblem { Pointer = pointer + "/inodes", Message = "needs \"size\": without it the mount shares the inodes of \"disk\"" });
                continue;
            }

            if (mount is BindMount { Writable: true } open && _host.ShowsControlGroups(open.Source))
            {
                problems.Add(new JobProblem { Pointer = pointer + "/writable", Message = $"{Words.Quote(open.Source)} shows control groups, and the job could lift its limits there" });
                continue;
            }

            if (_hidden.Problem(mount) is { } refused)
            {
                problems.Add(new JobProblem { Pointer = pointer + refused.Member, Message = refused.Message });
                continue;
            }

            table.Add(StepOf(mount, pointer), _hidden);
        }
    }

    private static string? Reserved(string target) =>
        target is "/" or "/dev" or "/proc" ? $"\"{target}\" is made by the sandbox itself" : null;

    private MountStep StepOf(Mount mount, string pointer) => mount switch
    {
        BindMount bind => new BindStep(bind.Source, bind.Target, pointer)
        {
            ReadOnly = !bind.Writable,
            NoExec = bind.NoExec,
            Optional = bind.Optional,
            Identity = bind.Identity,
        },
        VolumeMount volume => new BindStep(_volumes[volume.Name].Path, volume.Target, pointer)
        {
            ReadOnly = volume.ReadOnly,
            NoExec = volume.NoExec,
            Identity = _volumes[volume.Name].Identity,
            Owner = _volumes[volume.Name].Owner,
        },
        StoredMount stored => new BindStep($"{_storedFiles}/{stored.Sha256}", stored.Target, pointer)
        {
            View = _storedFiles,
            Stored = true,
            NoExec = stored.NoExec,
        },
        TmpfsMount { SizeBytes: null } shared => new DirectoryStep(shared.Target, pointer)
        {
            Mode = DirectoryStep.SharedMode,
            NoExec = shared.NoExec,
        },
        TmpfsMount { SizeBytes: { } size } sized =>
            new TmpfsStep(sized.Target, size, sized.Inodes ?? InodesFor(size), pointer) { NoExec = sized.NoExec },
        OverlayMount overlay => new OverlayStep(overlay.Source, overlay.Target, pointer) { NoExec = overlay.NoExec, Upper = overlay.Upper },
        SymlinkMount link => new SymlinkStep(link.Source, link.Target, pointer),
        _ => throw new InvalidOperationException("a mount without a step"),
    };
}
