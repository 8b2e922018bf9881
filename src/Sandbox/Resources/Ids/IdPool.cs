using Sandbox.Host;
using Sandbox.Interop;

namespace Sandbox.Resources.Ids;

/// <summary>
/// Ids for the jobs of a host that runs as real root, one each at a time: real root itself is never mapped into a job,
/// and two jobs of one host share no per-user resource of the kernel (keys, pipe pages; getrlimit(2)).
/// </summary>
internal sealed class IdPool(SandboxOptions options)
{
    private readonly Lock _lock = new();
    private readonly HashSet<uint> _leased = [];
    private uint _next = (uint)(Environment.ProcessId * 977L % Math.Max(options.RootUidRangeLength, 1));

    // Root of a container, whose uid 0 is somebody else outside, is an ordinary user there (user_namespaces(7)).
    private readonly bool _isRealRoot = Libc.EffectiveUid() == 0
        && UidMap.IsRealRoot(new HostFiles().Text("/proc/self/uid_map"), options.RootUidRangeStart, options.RootUidRangeLength);

    /// <summary>Who the job is outside: the caller, an id of its own, or many.</summary>
    public static Lease? Acquire(JobDraft draft, HostResources host, CancellationToken cancellationToken)
    {
        var leased = host.Ids.Take();
        try
        {
            draft.Context = (leased is { } id ? draft.Context with { HostUid = id, HostGid = id, ForeignIds = true } : draft.Context)
                with { SubIds = host.Ids.SubIdsOf(draft.Job.Spec, leased) };
            return leased is { } own ? new Lease(new Taken(host.Ids, own)) : null;
        }
        catch
        {
            host.Ids.Return(leased);
            throw;
        }
    }

    /// <summary>An id that no other job of this host has; null where jobs run under the caller's own.</summary>
    /// <exception cref="SandboxException">The range is used up.</exception>
    public uint? Take()
    {
        if (!_isRealRoot)
        {
            return null;
        }

        lock (_lock)
        {
            for (uint tried = 0; tried < options.RootUidRangeLength; tried++)
            {
                var id = options.RootUidRangeStart + (_next++ % options.RootUidRangeLength);
                if (_leased.Add(id))
                {
                    return id;
                }
            }
        }

        throw new SandboxException("every uid of the range for jobs is in use") { Operation = Operation.LeaseUid };
    }

    /// <summary>Gives an id back.</summary>
    public void Return(uint? id)
    {
        if (id is not { } leased)
        {
            return;
        }

        lock (_lock)
        {
            _leased.Remove(leased);
        }
    }

    /// <summary>The ids a job has next to its own; null for a job of one id.</summary>
    /// <param name="job">The job.</param>
    /// <param name="leased">The id that real root has given it; its further ones follow the range of those.</param>
    /// <exception cref="SandboxException">The user has none, or cannot map them.</exception>
    private SubordinateIds? SubIdsOf(JobSpec job, uint? leased)
    {
        if (!job.SubIds)
        {
            return null;
        }

        if (leased is null)
        {
            return SubIdFiles.Of(Libc.EffectiveUid(), new HostFiles());
        }

        var first = options.RootUidRangeStart + options.RootUidRangeLength;
        return new() { FirstUid = first, Uids = SubordinateIds.Most, FirstGid = first, Gids = SubordinateIds.Most };
    }

    private sealed class Taken(IdPool pool, uint id) : IDisposable
    {
        public void Dispose() => pool.Return(id);
    }
}
