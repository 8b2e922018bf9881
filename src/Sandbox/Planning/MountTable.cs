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

    /// <summary>The places the job may write to, outermost only: a rule for a folder holds below it.</summary>
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
    /// folder, that is what is wrong.
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
            // A link among the folders, or a place that cannot be looked at, is the launcher's to refuse.
            return null;
        }

        if (bind.Writable)
        {
            return $"{Words.Quote(target)} does not exist, and nothing is made for the job in {Words.Quote(bind.Source)}, " +
                "which is bound writable";
        }

        if (host.Resolved(bind.Source) == HostEntryKind.Folder)
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

            if (kind is not HostEntryKind.Folder)
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
