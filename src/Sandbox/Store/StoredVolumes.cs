using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Storage;

namespace Sandbox.Store;

/// <summary>
/// Directories that are kept under names, for jobs to write to. Safe for use by many processes at once; a volume that a job uses is locked (flock(2)), by its
/// host, and stays.
/// </summary>
/// <param name="store">Absolute path of the store; they are below <c>volumes</c>.</param>
internal sealed class StoredVolumes(string store)
{
    /// <summary>The directory of a volume that jobs see.</summary>
    public const string Data = "data";

    // Who made one, then removed it, is soon done; who does so without an end has more than a hundred turns.
    private const int MostTurns = 100;

    private const int DataMode = 0x1ed; // 0755

    /// <summary>The store that was named, or this user's.</summary>
    /// <exception cref="SandboxException">There is no place for one.</exception>
    public static StoredVolumes Of(string? named) => new(named is null ? StoreLocation.OfUser() : StoreLocation.Named(named));

    /// <summary>The path of what a job sees of a volume, which need not be there.</summary>
    public string PathOf(string name) => VolumesRoot.DataIn(VolumesRoot.PathIn(store), name);

    /// <summary>Makes a volume; false if there was one of that name already.</summary>
    /// <exception cref="SandboxException">It cannot be made.</exception>
    public bool Create(string name)
    {
        using var root = VolumesRoot.Create(store);
        using var alone = root.Own();
        if (Libc.StatusIn(root.Named, name, out _) == 0)
        {
            return false;
        }

        // Whole, or not there: no volume has such a name, and what a crash has left of one goes with the next removal.
        var making = $".{Guid.NewGuid():n}";
        var error = Libc.MakePrivateDirectoryAt(root.Named, Bytes(making));
        error = error < 0 ? error : MakeData(root.Named, making);
        error = error < 0 ? error : Libc.RenameAt(root.Named, making, root.Named, name);
        return error == 0 ? true : throw root.Failure($"the volume {name} cannot be made", Operation.MakeVolume, name, error);
    }

    /// <summary>All volumes, in the order of their names.</summary>
    /// <exception cref="SandboxException">The store cannot be opened.</exception>
    public IReadOnlyList<ListedVolume> List()
    {
        using var root = VolumesRoot.Find(store);
        if (root is null)
        {
            return [];
        }

        using var alone = root.Own();
        return [.. StoreDirectory.Names(root.Named).Where(static name => VolumeName.Problem(name) is null).Order(StringComparer.Ordinal).Select(name => Look(root, name)).OfType<ListedVolume>()];
    }

    /// <summary>One volume; null if there is none of that name.</summary>
    /// <exception cref="SandboxException">The store cannot be opened.</exception>
    public ListedVolume? Find(string name)
    {
        using var root = VolumesRoot.Find(store);
        if (root is null || VolumeName.Problem(name) is not null)
        {
            return null;
        }

        using var alone = root.Own();
        return Look(root, name);
    }

    /// <summary>Begins to use a volume. It stays until what is returned is disposed of.</summary>
    /// <param name="name">Its name, a valid one.</param>
    /// <param name="create">One that is not there is made.</param>
    /// <param name="content">Finds what one without files is filled with that nobody uses; null for nothing.</param>
    /// <param name="wait">Takes its lock once who fills it has done; null for as long as that takes.</param>
    /// <exception cref="SandboxException">It is not there, or cannot be opened, made or filled.</exception>
    public HeldVolume Hold(string name, bool create, Func<VolumeContent?>? content = null, Func<SafeFileHandle, int>? wait = null)
    {
        for (var turn = 0; turn < MostTurns; turn++)
        {
            var found = TryHold(name, content, wait ?? Libc.LockTogether, out var held);
            if (held is not null)
            {
                return held;
            }

            if (found)
            {
                continue;
            }

            if (!create)
            {
                throw Missing(name);
            }

            Create(name);
        }

        throw Missing(name);
    }

    /// <summary>Removes a volume with all that is in it.</summary>
    /// <exception cref="SandboxException">It is not there, a job uses it, or something in it cannot be removed.</exception>
    public void Remove(string name)
    {
        using var root = VolumesRoot.Find(store) ?? throw Missing(name);
        using (root.Own())
        {
            var error = MoveAway(root, name);
            if (error == -Errno.ENOENT)
            {
                throw Missing(name);
            }

            if (error < 0)
            {
                throw root.Failure(error == -Errno.EBUSY ? $"the volume {name} is used by a running job" : $"the volume {name} cannot be removed", Operation.RemoveVolume, name, error);
            }

            MoveLeftovers(root);
        }

        Empty(root, name);
    }

    /// <summary>Removes all volumes that no job uses; their names.</summary>
    /// <exception cref="SandboxException">Something in one cannot be removed.</exception>
    public IReadOnlyList<string> RemoveUnused()
    {
        using var root = VolumesRoot.Find(store);
        if (root is null)
        {
            return [];
        }

        List<string> removed;
        using (root.Own())
        {
            removed = [.. StoreDirectory.Names(root.Named).Where(static name => VolumeName.Problem(name) is null).Order(StringComparer.Ordinal).Where(name => MoveAway(root, name) == 0)];
            MoveLeftovers(root);
        }

        Empty(root, "");
        return removed;
    }

    // False if it is not there; true without a volume where it was filled or waited for, and is to be looked at anew.
    private bool TryHold(string name, Func<VolumeContent?>? find, Func<SafeFileHandle, int> wait, out HeldVolume? held)
    {
        held = null;
        using var root = VolumesRoot.Find(store);
        if (root is null)
        {
            return false;
        }

        var content = default(VolumeContent);
        var directory = new SafeFileHandle();
        int error;
        try
        {
            using (root.Share())
            {
                error = Open(root, name, out directory);
                content = error == 0 && find is not null && Libc.TryLock(directory) == 0 ? VolumeFilling.For(directory, find) : null;
                held = error == 0 && content is null ? TryUse(root, name, directory, out error) : null;
            }

            // Without the lock of all volumes: either takes long, and others want theirs meanwhile.
            error = content is not null ? VolumeFilling.Fill(directory, content) : error == -Errno.EAGAIN ? wait(directory) : error;
        }
        finally
        {
            if (held is null)
            {
                directory.Dispose();
            }
        }

        return error switch
        {
            0 => true,
            -Errno.ENOENT when content is null => false,
            _ => throw root.Failure($"the volume {name} cannot be {(content is null ? "used" : "filled")}", content is null ? Operation.ReadVolume : Operation.FillVolume, name, error),
        };
    }

    private static HeldVolume? TryUse(VolumesRoot root, string name, SafeFileHandle directory, out int error)
    {
        error = Libc.TryLockTogether(directory);
        var data = default(FileStatus);
        error = error < 0 ? error : Libc.StatusIn(directory, Data, out data);
        error = error == 0 && data.Kind != FileKind.Directory ? -Errno.ENOTDIR : error;
        return error == 0 ? new(root.DataOf(name), directory, data) : null;
    }

    private static ListedVolume? Look(VolumesRoot root, string name)
    {
        if (Open(root, name, out var directory) < 0)
        {
            return null;
        }

        using (directory)
        {
            // Nobody begins to use one meanwhile: whoever does shares the lock that is held here.
            var isUsed = Libc.TryLock(directory) < 0;
            return Libc.Status(directory, out var status) < 0 ? null : new()
            {
                Name = name,
                Path = root.DataOf(name),
                CreatedAt = DateTimeOffset.FromUnixTimeSeconds(status.Modified.Seconds),
                InUse = isUsed,
            };
        }
    }

    private static int Open(VolumesRoot root, string name, out SafeFileHandle directory)
    {
        var error = Libc.OpenAt(root.Named, Bytes(name), OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, out directory);
        return error < 0 ? error : StoreDirectory.IsPrivate(directory) ? 0 : -Errno.EPERM;
    }

    private static int MakeData(SafeFileHandle named, string making)
    {
        var error = Libc.OpenAt(named, Bytes(making), OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow, out var directory);
        using (directory)
        {
            error = error < 0 ? error : Libc.MakePrivateDirectoryAt(directory, Bytes(Data));

            // The umask is the caller's; the directory is the jobs'.
            return error < 0 ? error : Libc.ChangeModeAt(directory, Bytes(Data), DataMode);
        }
    }

    // Of who has the lock alone. The lock of the directory goes with it: whoever has it open has no name for it any more.
    private static int MoveAway(VolumesRoot root, string name)
    {
        var error = Libc.OpenAt(root.Named, Bytes(name), OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, out var directory);
        using (directory)
        {
            error = error < 0 ? error : Libc.TryLock(directory);
            return error == 0 ? Libc.RenameAt(root.Named, name, root.Trash, $"{Guid.NewGuid():n}") : error == -Errno.EAGAIN ? -Errno.EBUSY : error;
        }
    }

    private static void MoveLeftovers(VolumesRoot root)
    {
        foreach (var name in StoreDirectory.Names(root.Named).Where(static name => name.StartsWith('.')))
        {
            _ = Libc.RenameAt(root.Named, name, root.Trash, $"{Guid.NewGuid():n}");
        }
    }

    // Without the lock: that takes long for many files, and what is there has no name any more. Two may empty it at once.
    private static void Empty(VolumesRoot root, string name)
    {
        var first = 0;
        foreach (var left in StoreDirectory.Names(root.Trash))
        {
            var error = TreeRemoval.Remove(root.Trash, Bytes(left));
            first = first < 0 ? first : error;
        }

        if (first < 0)
        {
            throw new SandboxException(name.Length > 0 ? $"the volume {name} is no more, and files of it are left" : "the volumes are no more, and files of them are left")
            {
                Operation = Operation.RemoveVolume,
                Path = $"{root.Path}/trash",
                Errno = Errno.Name(-first),
            };
        }
    }

    private SandboxException Missing(string name) =>
        new($"there is no volume {name}") { Operation = Operation.FindVolume, Path = VolumesRoot.PathIn(store), Errno = "ENOENT" };

    private static byte[] Bytes(string name) => Encoding.UTF8.GetBytes(name + '\0');
}
