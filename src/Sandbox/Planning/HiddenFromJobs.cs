using Sandbox.Host;
using Sandbox.Planning.Steps;
using Sandbox.Text;

namespace Sandbox.Planning;

// What lies below a read-only bind is covered. In a writable one the job could rename a directory above the cover, which goes along (rename(2)), and
// find there what comes later; so such a bind is refused, unless these directories cannot be moved by who the job is (IsFixed): what is covered itself is a
// mount point of the job's namespace (EBUSY). An overlay needs neither: a socket does not answer through one (unix(7) finds it by its inode).

/// <summary>Keeps what no job may reach out of what it binds.</summary>
internal sealed class HiddenFromJobs(IReadOnlyList<HiddenPlace> places, HostTree host)
{
    /// <summary>What is wrong with a mount of the job, and the member that is to blame; null if nothing is.</summary>
    public (string Member, string Message)? Problem(Mount mount) => places.Count == 0 ? null : mount switch
    {
        BindMount bind => InBind(bind.Source) is { } at ? ("/source", at) : bind.Writable && Above(bind.Source) is { } above ? ("/writable", above) : null,
        OverlayMount { Upper: { } upper } => (InBind(upper) ?? Above(upper)) is { } problem ? ("/upper", problem) : null,
        _ => null,
    };

    /// <summary>What is wrong with binding a path as it is; null if nothing is.</summary>
    public string? InBind(string source)
    {
        if (places.Count == 0)
        {
            return null;
        }

        var real = host.RealPath(source);
        var identity = host.Identity(source);
        var found = places.FirstOrDefault(place => place.Path == real || (place.Device, place.Inode) == identity || (place.IsWhole && real is not null && Paths.IsAtOrBelow(real, place.Path)));
        return found is null ? null
            : found.IsVolumes ? $"{Words.Quote(source)} is where volumes are: a job gets one by its name, with a mount of the type \"volume\""
            : $"{Words.Quote(source)} belongs to a job host (it listens there, or keeps its jobs), and no job may reach it: bind a directory below it, or have the host use another one";
    }

    /// <summary>The covers of what a bind would show, to be put over it at once.</summary>
    public IEnumerable<MaskStep> Covers(BindStep bind)
    {
        if (places.Count == 0 || (bind.OfSystem ? bind.Source : host.RealPath(bind.Source)) is not { } real)
        {
            yield break;
        }

        foreach (var place in places)
        {
            if (Paths.IsAtOrBelow(place.Path, real) && !places.Any(outer => outer.Path.Length < place.Path.Length && Paths.IsAtOrBelow(outer.Path, real) && Paths.IsAtOrBelow(place.Path, outer.Path)))
            {
                yield return new MaskStep(Paths.Moved(place.Path, real, bind.Target), bind.Origin) { Hides = place, Mount = bind.Target };
            }
        }
    }

    private string? Above(string source) =>
        host.RealPath(source) is { } real && places.FirstOrDefault(place => Paths.IsAtOrBelow(place.Path, real) && !IsBelowFixed(place, real)) is { } inner
            ? $"the job could move {Words.Quote(inner.Path)}, which belongs to a job host: bind it read-only, or a directory beside that one"
            : null;

    private bool IsBelowFixed(HiddenPlace place, string source) =>
        places.Any(outer => outer.IsFixed && Paths.IsAtOrBelow(outer.Path, source) && Paths.IsAtOrBelow(place.Path, outer.Path));
}
