using Sandbox.Interop;
using Sandbox.Planning.Steps;
using Sandbox.Text;

namespace Sandbox.Planning;

/// <summary>The job's root while it is planned: rootfs, the directories every job has, the job's mounts, then files.</summary>
internal sealed class RootDraft
{
    // Mount points, links and directories; a link longer than an inode takes a page (tmpfs(5)).
    private const long RootSlackBytes = 1 << 20;
    private const long RootInodes = 4096;

    // tmpfs takes 0 for unlimited and so would lift the limit; its largest size is bounded by the page index.
    private const long LeastBytes = 4096;
    private const long LiftedBytes = 1L << 52;
    private const long LiftedInodes = 1L << 32;

    private readonly JobSpec _spec;
    private readonly PlanContext _context;
    private readonly HostTree _host;
    private readonly MountTable _table;
    private readonly HiddenFromJobs _hidden;
    private readonly UserMounts _mounts;
    private readonly JobFiles _files;
    private BarrierStep? _barrier;

    public RootDraft(JobSpec spec, PlanContext context, List<JobProblem> problems)
    {
        _spec = spec;
        _context = context;
        _host = context.Host;
        _table = new MountTable(context.Host);
        _hidden = new HiddenFromJobs(context.Hidden, context.Host);
        _mounts = new UserMounts(spec, context, _hidden);
        _files = new JobFiles(context.Host, context.StoredFiles);
        AddGiven();
        AddSystem(problems);
        AddDirectories();
        AddSys();
        _mounts.AddTo(_table, problems);
        _files.Add(spec, _table, problems);
    }

    public IReadOnlyList<ExtraFile> ExtraFiles => _files.Extra;

    public IReadOnlyList<string> SkippedMounts => _mounts.Skipped;

    public IEnumerable<MountStep> WritablePlaces => _table.WritablePlaces();

    /// <summary>Which of the two is to blame for a plan that is too long.</summary>
    public bool HasMoreFilesThanMounts => _spec.Files.Count > _spec.Mounts.Count;

    /// <summary>Adds the steps from the root tmpfs to its sealing.</summary>
    public void AddTo(List<PlanStep> steps, List<JobProblem> problems)
    {
        steps.Add(new RootStep(RootSlackBytes + _files.RootBytes, RootInodes + _files.Count, ""));
        var scratch = Scratch(problems);
        steps.Add(scratch);
        if (_context.UpperDirectory is { } uppers)
        {
            steps.Add(Uppers(uppers, scratch));
        }

        steps.AddRange(_table.Steps);
        _files.AddTo(steps);

        // As late as may be: a spare has made everything above ahead, and the host's part needs no more than the namespaces.
        if (_barrier is not null)
        {
            steps.Add(_barrier);
        }

        steps.Add(new PivotStep());
        steps.Add(new SealRootStep());
    }

    // As many as a tmpfs of that size would take: what is counted is held to the same numbers.
    private UppersStep Uppers(string directory, ScratchStep scratch)
    {
        var first = ExtraFiles.Count + _context.Cgroup.Descriptors;
        return _spec.Limits.DiskBytes is null ? new(directory, 0, 0, first) : new(directory, scratch.Bytes, scratch.Inodes, first);
    }

    // "disk" is one number: what has a size of its own, or lies outside of the writable tmpfs, is taken off it.
    private ScratchStep Scratch(List<JobProblem> problems)
    {
        if (_spec.Limits.DiskBytes is not { } disk)
        {
            return new ScratchStep(LiftedBytes, LiftedInodes);
        }

        var left = disk - _mounts.TmpfsBytes - _files.RootBytesOfJob;
        if (left < 0)
        {
            problems.Add(new JobProblem
            {
                Pointer = "/limits/disk",
                Message = $"{Quantity.SizeText(disk)} is too little: the sized tmpfs mounts and the files outside of writable " +
                    $"directories take {Quantity.SizeText(disk - left)}",
            });
        }

        left = Math.Max(left, LeastBytes);
        return new ScratchStep(left, UserMounts.InodesFor(left));
    }

    private void AddGiven()
    {
        foreach (var step in _context.Given)
        {
            if (step is MountStep mount && !_mounts.Cover(mount.Target))
            {
                _table.Add(mount, _hidden);
            }
            else if (step is FileStep file && !_mounts.Cover(file.Target))
            {
                _files.AddGenerated(file, _spec, _table);
            }
            else if (step is LayerStep layer)
            {
                _table.AddPlain(layer);
            }
            else if (step is BarrierStep barrier)
            {
                // One for all who ask: the host does all of its parts at once.
                _barrier ??= barrier;
            }
        }
    }

    private void AddSystem(List<JobProblem> problems)
    {
        _table.Add(new DevicesStep());
        AddDevices(problems);
        _table.Add(new ProcStep { PidOnly = _spec.Proc == ProcView.Pid });
        ProcMasks.AddTo(_table, _spec.Proc);
        NetworkSysctls.AddTo(_table, _spec.Network, _context);
        SysctlSteps.AddCommonTo(_table, _spec.Ipc.Container is null);
    }

    private void AddDevices(List<JobProblem> problems)
    {
        for (var index = 0; index < _spec.Devices.Count; index++)
        {
            var path = _spec.Devices[index];
            if (_host.Resolved(path) is HostEntryKind.Directory or HostEntryKind.File)
            {
                problems.Add(new JobProblem { Pointer = $"/devices/{index}", Message = $"{Words.Quote(path)} is no device" });
                continue;
            }

            if (_hidden.InBind(path) is { } hidden)
            {
                problems.Add(new JobProblem { Pointer = $"/devices/{index}", Message = hidden });
                continue;
            }

            _table.Add(new BindStep(path, path, $"/devices/{index}") { ReadOnly = false, NoExec = true, Devices = true });
        }
    }

    // After /dev, which holds the mount point of /dev/shm.
    private void AddDirectories()
    {
        if (_spec.Rootfs is not EmptyRootfs { Bare: true })
        {
            AddDirectory("/work", DirectoryStep.OwnMode, "");
            AddDirectory("/tmp", DirectoryStep.SharedMode, "");
            AddDirectory("/dev/shm", DirectoryStep.SharedMode, "");
        }

        // As with docker run, a missing working directory is made. Once the root is sealed the job could not do
        // it itself; in other places the launcher makes it in the job's name.
        var directory = _spec.Directory;
        if (_spec.Start.DirectoryMustExist)
        {
            return;
        }

        if (directory != "/" && _table.Covering(directory) is null)
        {
            AddDirectory(directory, DirectoryStep.OwnMode, "/workingDirectory");
        }
        else if (_table.Covering(directory) is LayeredRootStep)
        {
            _table.AddPlain(new MakeDirectoryStep(directory, "/workingDirectory"));
        }
    }

    // Behind all that is the same in every job: what was made ahead has none of it.
    private void AddSys()
    {
        const string loopback = "devices/virtual/net/lo";
        if (_spec.Sys == SysView.Network && !_mounts.Cover("/sys/" + loopback))
        {
            _table.Add(new SysfsStep(loopback));
            _table.Add(new SymlinkStep("../../" + loopback, "/sys/class/net/lo", "/sys"));
        }
    }

    private void AddDirectory(string target, int mode, string origin)
    {
        if (!_mounts.Cover(target))
        {
            _table.Add(new DirectoryStep(target, origin) { Mode = mode });
        }
    }
}
