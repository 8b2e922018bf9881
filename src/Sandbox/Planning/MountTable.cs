using Sandbox.Interop;
using Sandbox.Planning.Steps;
using Sandbox.Text;

namespace Sandbox.Planning;

/// <summary>
/// The mounts of a plan in the making, and what is visible where. It decides where a mount point or a
/// file can be made: in what is made for the job, never in a tree of the user.
/// </summary>
internal sealed class MountTable(HostTree host)
{
    private readonly List<PlanStep> _steps = [];
    private readonly List<int> _visible = [];

    public IReadOnlyList<PlanStep> Steps => _steps;

    /// <summary>Adds a mount on top of what is there.</summary>
    public void Add(MountStep step)
    {
        _visible.RemoveAll(index => Paths.IsAtOrBelow(At(index).Target, step.Target));
        _visible.Add(_steps.Count);
        _steps.Add(step);
    }

    /// <summary>Adds a mount, and covers what of it no job may reach.</summary>
    public void Add(MountStep step, HiddenFromJobs hidden)
    {
        Add(step);
        if (step is BindStep bind)
        {
            _steps.AddRange(hidden.Covers(bind));
        }
    }

    /// <summary>Adds a step that hides nothing and can hold nothing.</summary>
    public void AddPlain(PlanStep step) => _steps.Add(step);

    /// <summary>The mount a path is in, or null for the root tmpfs.</summary>
    public MountStep? Covering(string path)
    {
        MountStep? longest = null;
        foreach (var index in _visible)
        {
            var step = At(index);
            if (Paths.IsAtOrBelow(path, step.Target) && (longest is null || longest.Target.Length < step.Target.Length))
            {
                longest = step;
            }
        }

        return longest;
    }

    /// <summary>The places the job may write to, outermost only: a rule for a directory holds below it.</summary>
    public IEnumerable<MountStep> WritablePlaces()
    {
        foreach (var index in _visible)
        {
            var step = At(index);
            if (step.Writable && !IsWithinWritable(step))
            {
                yield return step;
            }
        }
    }

    /// <summary>Makes sure that something can be mounted at, or linked from, a path; returns what is wrong, or null.</summary>
    public string? MakeRoomForMount(string target) => MakeRoom(target, isFile: false);

    /// <summary>Makes sure that a file can be put at a path; returns what is wrong, or null.</summary>
    public string? MakeRoomForFile(string target) => MakeRoom(target, isFile: true);

    /// <summary>
    /// The same for a file that the job can do without: where an overlay would be needed and cannot be had, because mounts lie below the
    /// directory, that is what is wrong.
    /// </summary>
    public string? MakeRoomForGenerated(string target) =>
        Covering(target) is BindStep { Writable: false } bind && bind.Target.Length < target.Length && Walk(bind, target) is HostEntryKind.Missing or HostEntryKind.Symlink && host.HasMountsBelow(bind.Source)
            ? $"mounts lie below {Words.Quote(bind.Source)}"
            : MakeRoomForFile(target);

    private string? MakeRoom(string target, bool isFile)
    {
        if (Covering(target) is not BindStep bind || bind.Target.Length == target.Length)
        {
            return null;
        }

        var found = Walk(bind, target);
        var mustBeMade = found == HostEntryKind.Missing || (isFile && found == HostEntryKind.Symlink);
        if (!mustBeMade)
        {
            // A link among the directories, or a place that cannot be looked at, is the launcher's to refuse.
            return null;
        }

        if (bind.Writable)
        {
            return $"{Words.Quote(target)} does not exist, and nothing is made for the job in {Words.Quote(bind.Source)}, " +
                "which is bound writable";
        }

        if (host.Resolved(bind.Source) == HostEntryKind.Directory)
        {
            Replace(bind);
        }

        return null;
    }

    // What is there on the host; a link only where it is the last component.
    private HostEntryKind Walk(BindStep bind, string target)
    {
        for (var end = bind.Target.Length; ;)
        {
            var next = target.IndexOf('/', end + 1);
            var path = bind.Source.TrimEnd('/') + target[bind.Target.Length..(next < 0 ? target.Length : next)];
            var kind = host.Kind(path);
            if (next < 0 || kind is HostEntryKind.Missing)
            {
                return kind;
            }

            if (kind is not HostEntryKind.Directory)
            {
                return HostEntryKind.Hidden;
            }

            end = next;
        }
    }

    private void Replace(BindStep bind) =>
        _steps[_steps.IndexOf(bind)] = new OverlayStep(bind.Source, bind.Target, bind.Origin)
        {
            ReadOnly = true,
            NoExec = bind.NoExec,
        };

    private bool IsWithinWritable(MountStep inner)
    {
        foreach (var index in _visible)
        {
            var step = At(index);
            if (step.Writable && step.Target.Length < inner.Target.Length && Paths.IsAtOrBelow(inner.Target, step.Target))
            {
                return true;
            }
        }

        return false;
    }

    private MountStep At(int index) => (MountStep)_steps[index];
}

/// <summary>One line of the job's final mount table, as /proc/self/mountinfo will show it (proc(5)). Set-user-id programs are inert in all of them.</summary>
/// <param name="Target">Where it is mounted.</param>
/// <param name="Type">The file system's type; <c>bind</c> for that of the host's directory or file.</param>
internal readonly record struct MountPoint(string Target, string Type)
{
    /// <summary>Nothing can be written through it.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Nothing can be executed from it.</summary>
    public bool NoExec { get; init; }

    /// <summary>Device nodes in it work.</summary>
    public bool Devices { get; init; }

    /// <summary>It is there only where its source, or what it covers, is: some kernels lack what others have.</summary>
    public bool Perhaps { get; init; }

    /// <summary>Where it comes from on the host; null for what is made for the job.</summary>
    public string? Source { get; init; }

    /// <summary>The options that bear on security, in the order of mountinfo.</summary>
    public string Options => (ReadOnly ? "ro" : "rw") + ",nosuid" + (Devices ? "" : ",nodev") + (NoExec ? ",noexec" : "");
}

/// <summary>
/// The directories that must stay where they are for a read-only file to stay: those above it in which the job may write and that
/// are no mount points already. rename(2) refuses a mount point, but takes one that is deeper along.
/// </summary>
internal sealed class PinnedDirectories
{
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly List<PinStep> _steps = [];

    /// <summary>From the outermost on.</summary>
    public IEnumerable<PinStep> Steps => _steps.OrderBy(step => step.Target.Length);

    public void AddFor(string file, string pointer, MountTable table)
    {
        // Upwards, because what is above a directory that was seen was seen as well.
        for (var end = file.LastIndexOf('/'); end > 0 && _seen.Add(file[..end]); end = file.LastIndexOf('/', end - 1))
        {
            var directory = file[..end];
            if (table.Covering(directory) is { Writable: true } mount && mount.Target != directory)
            {
                _steps.Add(new PinStep(directory, pointer));
            }
        }
    }
}
