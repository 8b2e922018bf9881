using Sandbox.Host;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits.Cgroups;

// Opening takes possession of the groups that were chosen: moves processes to a leaf, switches controllers on, removes what dead hosts
// have left. Groups for jobs to come are made ahead by the jobs that have ended, so that making one is on no job's path.

/// <summary>The control groups of this host's jobs.</summary>
internal sealed class CgroupHost : IDisposable
{
    private const int MaxReady = 8;
    private const int MaxTries = 3;

    private readonly List<CgroupBase> _bases;
    private readonly List<CgroupBase> _usual;
    private readonly List<CgroupBase> _rare;
    private readonly Stack<JobCgroup> _ready = [];
    private readonly Lock _lock = new();
    private readonly int _wanted = Math.Min(HostProcessors.Online, MaxReady);
    private bool _isClosing;

    private CgroupHost(List<CgroupBase> bases, ParentCgroups place)
    {
        (_bases, Place) = (bases, place);
        _usual = bases.FindAll(IsUsual);
        _rare = bases.FindAll(candidate => !IsUsual(candidate));
    }

    /// <summary>What was taken possession of.</summary>
    public ParentCgroups Place { get; }

    /// <summary>This process went to another group and left its children, of which a launcher could start no job here.</summary>
    public bool HasMovedAlone { get; private set; }

    /// <summary>Finds the best place without changing anything.</summary>
    /// <param name="named">Directories the user has named, parted by colons; <c>none</c>; or null to find them.</param>
    /// <exception cref="SandboxException">What was named is no group of the caller's.</exception>
    public static ParentCgroups Find(string? named) => Find(named, asksSystemd: true);

    /// <summary>Finds the best place and takes possession of it. What fails on the way is a reason to take the next best, unless it was named.</summary>
    /// <exception cref="SandboxException">What was named cannot be used.</exception>
    public static CgroupHost Open(string? named)
    {
        var place = Find(named);
        var refused = new List<string>();
        var entered = false;
        if (place.AsksSystemd)
        {
            var scope = SystemdScope.TryEnter(new() { Description = "sandbox: jobs in control groups" });
            refused.AddRange(scope.Entered ? [] : ["the systemd user manager gave no scope: " + scope.Reason]);
            place = Find(named, asksSystemd: false);
            entered = scope.Entered;
        }

        var host = Possess(place, refused);
        host.HasMovedAlone = entered;
        foreach (var candidate in host._bases)
        {
            CgroupRemoval.RemoveAbandoned(candidate.Directory);
        }

        return host;
    }

    /// <summary>Takes possession of a place in which nobody has to move, and leaves everything in it as it is: a trial.</summary>
    /// <exception cref="SandboxException">It cannot be used.</exception>
    public static CgroupHost Try(ParentCgroups place) => Possess(place, []);

    /// <summary>The groups for one job, with its limits set and read back.</summary>
    /// <returns>Null on a host without control groups.</returns>
    /// <exception cref="SandboxException">They cannot be made, or the kernel refuses a limit.</exception>
    public JobCgroup? Lease(JobNeeds needs)
    {
        CgroupNeeds.Check(needs.Limits, Place);
        if (_bases.Count == 0)
        {
            return null;
        }

        var group = TakeReady() ?? Make();
        try
        {
            group.Limit(needs, _rare);
            return group;
        }
        catch (SandboxException)
        {
            group.Dispose();
            throw;
        }
    }

    /// <summary>Removes a job's groups after its end and, where more jobs may follow, makes those of the next ones.</summary>
    public void Return(JobCgroup group)
    {
        group.Dispose();
        try
        {
            while (IsShort())
            {
                AddReady(Make());
            }
        }
        catch (SandboxException)
        {
            // The job that needs it will try again, and say so.
        }
    }

    /// <summary>No more jobs will come.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosing = true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        while (TakeReady() is { } group)
        {
            group.Dispose();
        }

        foreach (var place in _bases)
        {
            place.Dispose();
        }
    }

    private static ParentCgroups Find(string? named, bool asksSystemd)
    {
        if (named == CgroupChoice.Off)
        {
            return ParentCgroups.Nowhere(["control groups are switched off by the user"]);
        }

        var files = new HostFiles();
        var mounts = MountsOfCgroups(files);
        if (named is { Length: > 0 })
        {
            return CgroupChoice.Choose(CgroupNeeds.Usable(CgroupReader.ReadNamed(files, mounts, named)), "not asked for");
        }

        // Real root needs no manager: the root of the hierarchy is its own, and has no process constraint.
        var systemd = asksSystemd && Libc.EffectiveUid() != 0 ? WhyNoSystemd() : "not asked for";
        return CgroupChoice.Choose(CgroupReader.Read(files, mounts), systemd);
    }

    // Of some forty mounts three are: the others are not taken apart.
    private static List<MountEntry> MountsOfCgroups(HostFiles files)
    {
        var mounts = new List<MountEntry>();
        foreach (var line in files.Lines("proc/self/mountinfo"))
        {
            if (line.Contains(" - cgroup", StringComparison.Ordinal) && MountEntry.Parse(line) is { } mount)
            {
                mounts.Add(mount);
            }
        }

        return mounts;
    }

    private static string? WhyNoSystemd() => SystemdScope.IsAvailable(out var reason) ? null : reason;

    // Version 2 that cannot be divided still counts CPU time; version 1 that cannot be opened holds nothing.
    private static CgroupHost Possess(ParentCgroups place, List<string> refused)
    {
        var bases = new List<CgroupBase>();
        if (place.Version2 is null && place.Version1.Count == 0)
        {
            return new CgroupHost(bases, place.Of(bases) with { Why = [.. refused, .. place.Why] });
        }

        if (place.Version2 is { } directory)
        {
            var version2 = OrRefuse(place, refused, () => Version2(directory, place.Version2Controllers, place.IsInhabited, refused))
                ?? OrRefuse(place, refused, () => Version2(directory, [], isInhabited: false, refused));
            bases.AddRange(version2 is null ? [] : [version2]);
        }

        // Every group of version 2 counts CPU time.
        var has = bases.SelectMany(known => known.Controllers.Append("cpuacct")).ToHashSet();
        foreach (var hierarchy in place.Version1.Where(pair => !has.Contains(pair.Key)).GroupBy(pair => pair.Value, pair => pair.Key))
        {
            var version1 = OrRefuse(place, refused, () => new CgroupBase(Opened(hierarchy.Key), isVersion2: false, [.. hierarchy]));
            bases.AddRange(version1 is null ? [] : [version1]);
        }

        return new CgroupHost(bases, place.Of(bases) with { Why = [.. refused, .. place.Why] });
    }

    private static CgroupBase? OrRefuse(ParentCgroups place, List<string> refused, Func<CgroupBase> open)
    {
        try
        {
            return open();
        }
        catch (SandboxException failure) when (!place.IsNamed)
        {
            refused.Add($"{failure.Path}: {failure.Message} ({failure.Errno})");
            return null;
        }
    }

    private static CgroupBase Version2(string path, IReadOnlyList<string> available, bool isInhabited, List<string> refused)
    {
        var directory = Opened(path);
        try
        {
            if (isInhabited && available.Count > 0)
            {
                LeafCgroup.Make(directory);
            }

            return new CgroupBase(directory, isVersion2: true, available.Count == 0 ? [] : CgroupControllers.Enable(directory, available, refused));
        }
        catch (SandboxException)
        {
            directory.Dispose();
            throw;
        }
    }

    private static CgroupDirectory Opened(string path)
    {
        var error = CgroupDirectory.Open(path, out var directory);
        return error == 0 ? directory : throw directory.Failure("the control group cannot be opened", null, error);
    }

    private static bool IsUsual(CgroupBase place) =>
        place.IsVersion2 || place.Controllers.Any(controller => controller is "memory" or "pids" or "cpuacct");

    private JobCgroup? TakeReady()
    {
        lock (_lock)
        {
            return _ready.TryPop(out var group) ? group : null;
        }
    }

    private bool IsShort()
    {
        lock (_lock)
        {
            return !_isClosing && _ready.Count < _wanted;
        }
    }

    private void AddReady(JobCgroup group)
    {
        lock (_lock)
        {
            if (!_isClosing)
            {
                _ready.Push(group);
                return;
            }
        }

        group.Dispose();
    }

    private JobCgroup Make()
    {
        for (var tried = 1; ; tried++)
        {
            try
            {
                return JobCgroup.Make(_usual);
            }
            catch (SandboxException failure) when (tried < MaxTries && failure.Errno is "ENODEV" or "ENOENT" or "EAGAIN" or "EEXIST")
            {
                // Another host that is just starting took it for a dead one's between its making and its locking.
            }
        }
    }
}
