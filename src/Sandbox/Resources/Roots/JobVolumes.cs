using Microsoft.Win32.SafeHandles;
using Sandbox.Host;
using Sandbox.Images;
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
                    places[mount.Name] = volumes.Take(host.Volumes, mount, $"/mounts/{index}", draft, cancellationToken);
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

    private VolumePlace Take(StoredVolumes volumes, VolumeMount mount, string pointer, JobDraft draft, CancellationToken cancellationToken)
    {
        try
        {
            if (draft.IsForPlan && mount.Create && volumes.Find(mount.Name) is null)
            {
                return new(volumes.PathOf(mount.Name), null, draft.Context.ForeignIds ? new(OwnerOfRoot, OwnerOfRoot) : null);
            }

            var held = Hold(volumes, mount, draft, cancellationToken);
            _held.Add(held);
            return new(held.Path, held.Identity, draft.Context.ForeignIds ? OwnerOf(held, mount.Name, draft.IsForPlan) : null);
        }
        catch (SandboxException failure) when (failure.Pointer is null)
        {
            throw failure.For(pointer + "/source");
        }
    }

    private static HeldVolume Hold(StoredVolumes volumes, VolumeMount mount, JobDraft draft, CancellationToken cancellationToken)
    {
        var source = default(ImageSubtree);
        try
        {
            return draft.IsForPlan
                ? volumes.Hold(mount.Name, mount.Create, null, Wait)
                : volumes.Hold(mount.Name, mount.Create, () => (source ??= Source(draft, mount.Name)) is { } found ? Content(found, draft.Context.ForeignIds, cancellationToken) : null, Wait);
        }
        finally
        {
            source?.Dispose();
        }

        // Others may be filling it.
        int Wait(SafeFileHandle volume)
        {
            using var step = HostWatch.EnterLock(volumes.PathOf(mount.Name));
            return Libc.LockTogether(volume);
        }
    }

    // As with docker: what the image has where the job mounts it, whatever else the job mounts there.
    private static ImageSubtree? Source(JobDraft draft, string name) => draft.Image is not { } image ? null
        : draft.Job.Spec.Mounts.OfType<VolumeMount>().Where(mount => mount.Copy && mount.Name == name)
            .Select(mount => ImageSubtree.Find(image.Layers, mount.Target)).FirstOrDefault(static found => found is not null);

    private static VolumeContent Content(ImageSubtree source, bool isForeign, CancellationToken cancellationToken) => new()
    {
        Mode = source.Mode,
        HasFiles = source.HasFiles(),
        Copy = (directory, replaced) => new ImageCopy(source, directory, isForeign ? OwnerOf((replaced.Owner, replaced.Group)) : null, cancellationToken).Run(),
    };

    // One that is real root's was made just now, or by root of a container.
    private static (uint Uid, uint Gid) OwnerOf((uint Uid, uint Gid) owner) => owner is { Uid: > 0, Gid: > 0 } ? owner : (OwnerOfRoot, OwnerOfRoot);

    private static FileOwner OwnerOf(HeldVolume held, string name, bool isForPlan)
    {
        var owner = OwnerOf(held.Owner);
        if (owner == held.Owner || isForPlan)
        {
            return new(owner.Uid, owner.Gid);
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
