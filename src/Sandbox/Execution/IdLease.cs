using Sandbox.Host;
using Sandbox.Interop;

namespace Sandbox.Execution;

/// <summary>
/// Ids for the jobs of a host that runs as real root, one each at a time: real root itself is never mapped into a job,
/// and two jobs of one host share no per-user resource of the kernel (keys, pipe pages; getrlimit(2)).
/// </summary>
internal sealed class IdLease(SandboxOptions options)
{
    private readonly Lock _lock = new();
    private readonly HashSet<uint> _leased = [];
    private uint _next = (uint)(Environment.ProcessId * 977L % Math.Max(options.RootUidRangeLength, 1));

    // Root of a container, whose uid 0 is somebody else outside, is an ordinary user there (user_namespaces(7)).
    private readonly bool _isRealRoot = Libc.EffectiveUid() == 0
        && UidMap.IsRealRoot(new HostFiles().Text("/proc/self/uid_map"), options.RootUidRangeStart, options.RootUidRangeLength);

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
}
