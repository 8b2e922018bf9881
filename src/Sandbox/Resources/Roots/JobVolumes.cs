using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Store;

namespace Sandbox.Resources.Roots;

// A job of real root is another user outside than the one before. What jobs leave in a volume belongs to one owner on the disk, who is neither root nor any
// job: mounts show that owner's files as the job's (native/launcher/owner.c).

/// <summary>The volumes that a job names, in use until they are given back.</summary>
internal sealed class JobVolumes : IDisposable
{
    // The id before those of jobs, unless somebody has given jobs another range (SandboxOptions.RootUidRangeStart).
    private const uint OwnerOfRoot = 0x6fffffff;

    private readonly List<HeldVolume> _held = [];

    /// <summary>Takes them.</summary>
    /// <exception cref="SandboxException">One is not there, or cannot be used.</exception>
    public static Lease? Acquire(JobDraft draft, HostResources host, CancellationToken cancellationToken)
    {
        var mounts = draft.Job.Spec.Mounts;
        if (!mounts.Any(static mount => mount is VolumeMount))
        {
            return null;
        }

        using var step = HostWatch.Enter(Operation.ReadVolume);
        var volumes = new JobVolumes();
        try
        {
            var places = new Dictionary<string, VolumePlace>(StringComparer.Ordinal);
            for (var index = 0; index < mounts.Count; index++)
            {
                if (mounts[index] is VolumeMount mount && !places.ContainsKey(mount.Name))
                {
                    places[mount.Name] = volumes.Take(host.Volumes, mount, $"/mounts/{index}", draft);
                }
            }

            draft.Context = draft.Context with { Volumes = places };
            draft.Reservations.Add(volumes);
            return new Lease(volumes);
        }
        catch
        {
            volumes.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var held in _held)
        {
            held.Dispose();
        }
    }

    private VolumePlace Take(StoredVolumes volumes, VolumeMount mount, string pointer, JobDraft draft)
    {
        try
        {
            if (draft.IsForPlan && mount.Create && volumes.Find(mount.Name) is null)
            {
                return new(volumes.PathOf(mount.Name), null, draft.Context.ForeignIds ? new(OwnerOfRoot, OwnerOfRoot) : null);
            }

            var held = volumes.Hold(mount.Name, mount.Create);
            _held.Add(held);
            return new(held.Path, held.Identity, draft.Context.ForeignIds ? OwnerOf(held, mount.Name, draft.IsForPlan) : null);
        }
        catch (SandboxException failure) when (failure.Pointer is null)
        {
            throw failure.For(pointer + "/source");
        }
    }

    // One that is real root's was made just now, or by root of a container.
    private static FileOwner OwnerOf(HeldVolume held, string name, bool isForPlan)
    {
        if (held.Owner is { Uid: > 0, Gid: > 0 } owner)
        {
            return new(owner.Uid, owner.Gid);
        }

        if (isForPlan)
        {
            return new(OwnerOfRoot, OwnerOfRoot);
        }

        var error = held.OpenData(out var data);
        using (data)
        {
            error = error < 0 ? error : Libc.ChangeOwner(data, OwnerOfRoot, OwnerOfRoot);
        }

        return error == 0 ? new(OwnerOfRoot, OwnerOfRoot)
            : throw new SandboxException($"the volume {name} cannot be given to jobs") { Operation = Operation.ReadVolume, Path = held.Path, Errno = Errno.Name(-error) };
    }
}
