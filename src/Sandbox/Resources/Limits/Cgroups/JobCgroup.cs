using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Planning;

namespace Sandbox.Resources.Limits.Cgroups;

// One directory in version 2, one for each hierarchy in version 1, all of the same name, each locked by its host for as long
// as the host lives: a directory without a lock is a dead host's, and the next host removes it. Used once, because no kernel
// forgets a group's CPU time, and a job is told only its own.

/// <summary>The control groups of one job.</summary>
internal sealed class JobCgroup : IDisposable
{
    private readonly List<(CgroupBase Base, CgroupDirectory Directory)> _groups = [];
    private readonly string _name;

    private JobCgroup(string name) => _name = name;

    /// <summary>Holds memory; null where no controller does.</summary>
    public MemoryGroup? Memory { get; private set; }

    /// <summary>Counts CPU time; null where nothing does.</summary>
    public CpuGroup? Cpu { get; private set; }

    /// <summary>Holds the number of tasks; null where no controller does.</summary>
    public TasksGroup? Tasks { get; private set; }

    /// <summary>Holds CPU bandwidth; null where no controller does.</summary>
    public BandwidthGroup? Bandwidth { get; private set; }

    /// <summary>Holds the processors; null where no controller does.</summary>
    public CpusetGroup? Cpuset { get; private set; }

    /// <summary>Holds the rate of input and output; null where no controller does.</summary>
    public IoGroup? Io { get; private set; }

    /// <summary>What the job read, wrote and waited for; null without version 2.</summary>
    public ActivityFiles? Activity { get; private set; }

    /// <summary>The mechanism that a controller is.</summary>
    public Mechanism By(string controller) =>
        _groups.Exists(group => group.Base.IsVersion2 && group.Base.Controllers.Contains(controller)) ? Mechanism.Cgroup2 : Mechanism.Cgroup1;

    /// <summary>The mechanism that counts CPU time.</summary>
    public Mechanism CpuBy => _groups.Exists(group => group.Base.IsVersion2) ? Mechanism.Cgroup2 : Mechanism.Cgroup1;

    /// <summary>A group, or a controller of it, is gone while the job runs: somebody took away what held it.</summary>
    public bool IsLost => Memory is { IsLost: true } || Cpu is { IsLost: true } || Tasks is { IsLost: true };

    /// <summary>A group cannot be looked at for want of descriptors.</summary>
    public bool IsStarved => Memory is { IsStarved: true } || Cpu is { IsStarved: true };

    /// <summary>The memory limit in force.</summary>
    public long? EffectiveMemoryBytes => Memory?.EffectiveBytes;

    /// <summary>The smallest limit on tasks in force.</summary>
    public long? EffectiveTasks => Smaller(Tasks?.EffectiveTasks, _groups.Find(group => group.Base.Controllers.Contains("pids")).Base?.TasksAbove);

    /// <summary>The smallest bandwidth in force, in CPUs.</summary>
    public double? EffectiveCpus => Bandwidth?.EffectiveCpus is { } own && Above?.CpusAbove is { } above ? Math.Min(own, above) : Bandwidth?.EffectiveCpus;

    private CgroupDirectory? Unified => _groups.Find(group => group.Base is { IsVersion2: true }).Directory;

    private CgroupBase? Above => _groups.Find(group => group.Base.IsVersion2).Base;

    /// <summary>Makes the groups of one job; all or none.</summary>
    /// <param name="bases">Where.</param>
    /// <exception cref="SandboxException">One cannot be made.</exception>
    public static JobCgroup Make(IReadOnlyList<CgroupBase> bases)
    {
        var group = new JobCgroup(CgroupNames.NewJob());
        try
        {
            foreach (var place in bases)
            {
                group.Add(place);
            }

            return group;
        }
        catch (SandboxException)
        {
            group.Dispose();
            throw;
        }
    }

    /// <summary>Groups that are there already.</summary>
    internal static JobCgroup Of(string name, params IReadOnlyList<(CgroupBase Base, CgroupDirectory Directory)> groups)
    {
        var group = new JobCgroup(name);
        foreach (var (place, directory) in groups)
        {
            group._groups.Add((place, directory));
            group.Equip(place, directory);
        }

        return group;
    }

    /// <summary>Sets the limits, after joining what only they need.</summary>
    /// <param name="needs">What the job asks for.</param>
    /// <param name="rare">Places that not every job needs: in version 1 each hierarchy costs a process a move of its own.</param>
    /// <exception cref="SandboxException">The kernel refuses one, or a group cannot be made.</exception>
    public void Limit(JobNeeds needs, IReadOnlyList<CgroupBase> rare)
    {
        var (limits, cpus) = (needs.Limits, needs.Cpus);
        foreach (var place in rare)
        {
            if (((limits.Cpus ?? limits.CpuWeight) is not null && place.Controllers.Contains("cpu")) || (cpus is not null && place.Controllers.Contains("cpuset")))
            {
                Add(place);
            }
        }

        Memory?.Limit(limits.MemoryBytes, limits.MemoryHighBytes, Above?.MemoryBytesAbove, needs.Network);
        Tasks?.Limit(limits.Processes);
        Bandwidth?.Limit(limits.Cpus);
        Bandwidth?.Weigh(limits.CpuWeight);
        Cpuset?.Limit(cpus);
        Io?.Limit(limits.IoReadBytes, limits.IoWriteBytes);
    }

    /// <summary>How the payload gets in, for the plan.</summary>
    /// <param name="joins">It joins by a write, because it may not be cloned into a directory of real root's.</param>
    public CgroupPlacement Placement(bool joins) => new()
    {
        Into = joins ? null : _groups.Where(group => group.Base.IsVersion2).Select(group => group.Directory.Path).FirstOrDefault(),
        Joins = [.. _groups.Where(group => joins || !group.Base.IsVersion2).Select(group => group.Directory.Path)],
        HoldsMemory = Memory is not null,
        CountsCpuTime = Cpu is not null,
        HoldsProcesses = Tasks is not null,
    };

    /// <summary>Opens what the launcher needs for the placement, in its order; the caller closes it.</summary>
    /// <param name="joins">As for the placement.</param>
    /// <exception cref="SandboxException">A file cannot be opened.</exception>
    public List<SafeFileHandle> OpenDescriptors(bool joins)
    {
        var handles = new List<SafeFileHandle>();
        foreach (var group in _groups.Where(group => joins || !group.Base.IsVersion2))
        {
            var error = group.Directory.OpenFile("cgroup.procs", OpenFlags.WriteOnly, out var procs);
            handles.Add(procs);
            if (error < 0)
            {
                throw Closed(handles, group.Directory.Failure("the control group cannot be joined", "cgroup.procs", error));
            }
        }

        foreach (var group in _groups.Where(group => !joins && group.Base.IsVersion2))
        {
            var error = Libc.Duplicate(group.Directory.Handle, 0, out var directory);
            handles.Add(directory);
            if (error < 0)
            {
                throw Closed(handles, group.Directory.Failure("the control group cannot be given to the launcher", null, error));
            }
        }

        return handles;
    }

    /// <summary>Stops every task in the groups, or lets them go on (cgroup-v2.rst, cgroup.freeze); 0 or the negated errno, ENOENT where there is no such file.</summary>
    public int Freeze(bool stops) => Unified?.Write("cgroup.freeze", stops ? "1" : "0") ?? -Errno.ENOENT;

    /// <summary>Every task has come to a stop.</summary>
    public bool IsFrozen => Unified?.Read("cgroup.events")?.Contains("frozen 1", StringComparison.Ordinal) ?? false;

    /// <summary>Removes the groups. What cannot be removed yet, because a process is still on its way out, is left to the next host.</summary>
    public void Dispose()
    {
        Memory?.Dispose();
        Cpu?.Dispose();
        Tasks?.Dispose();
        Bandwidth?.Dispose();
        Activity?.Dispose();
        foreach (var (place, directory) in _groups)
        {
            CgroupRemoval.Remove(place.Directory, _name, directory);
            directory.Dispose();
        }

        _groups.Clear();
    }

    private void Add(CgroupBase place)
    {
        var error = place.Directory.Make(_name);
        if (error < 0)
        {
            throw place.Directory.Failure("a control group cannot be made", null, error, operation: Operation.MakeCgroup);
        }

        error = place.Directory.OpenBelow(_name, out var directory);
        _groups.Add((place, directory));
        if (error == 0)
        {
            error = Libc.TryLock(directory.Handle);
        }
        // Between mkdir and lock another host may have taken it for a dead one's, and removed it.
        if (error == 0 && !directory.Has("cgroup.procs"))
        {
            error = -Errno.ENODEV;
        }

        if (error < 0)
        {
            throw directory.Failure("a control group cannot be opened", null, error);
        }

        Equip(place, directory);
    }

    private void Equip(CgroupBase place, CgroupDirectory directory)
    {
        if (place.Controllers.Contains("memory"))
        {
            Memory ??= new MemoryGroup(directory, place.IsVersion2);
        }

        if (place.Controllers.Contains("pids"))
        {
            Tasks ??= new TasksGroup(directory);
        }

        if (place.Controllers.Contains("cpu"))
        {
            Bandwidth ??= new BandwidthGroup(directory, place.CpusAbove, place.IsVersion2);
        }

        if (place.Controllers.Contains("cpuset"))
        {
            Cpuset ??= new CpusetGroup(directory, place.IsVersion2);
            Cpuset.Inherit(place.Directory);
        }

        if (place.IsVersion2)
        {
            Cpu = CpuGroup.OfVersion2(directory);
        }
        else if (place.Controllers.Contains("cpuacct"))
        {
            Cpu ??= CpuGroup.OfVersion1(directory);
        }

        if (place.IsVersion2 && place.Controllers.Contains("io"))
        {
            Io = new IoGroup(directory);
        }

        if (place.IsVersion2)
        {
            Activity = new ActivityFiles(directory);
        }
    }

    private static long? Smaller(long? own, long? above) => own is { } one && above is { } other ? Math.Min(one, other) : own;

    private static SandboxException Closed(List<SafeFileHandle> handles, SandboxException failure)
    {
        foreach (var handle in handles)
        {
            handle.Dispose();
        }

        return failure;
    }
}
