using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Storage;
using Sandbox.Store;
using Sandbox.Text;

namespace Sandbox.Host;

// Overlayfs marks directories in an extended attribute of the upper side: in a user namespace in user.overlay.opaque, which tmpfs takes since
// Linux 6.6. Without it a new directory cannot be renamed (EXDEV), and none can be made or emptied where there was something below (EIO).

/// <summary>Where writable overlays keep their changes on a host whose tmpfs cannot.</summary>
internal static class UpperPlace
{
    /// <summary>The name of the directory, in the store or in one of the user's own below <see cref="Fallback"/>.</summary>
    private const string Directory = "overlays";
    private const string Fallback = "/var/tmp";

    // Of overlays, networks and FUSE: none of them takes an upper side (overlayfs, "Upper and lower"; ovl_dentry_remote, fs/overlayfs/util.c).
    private static readonly long[] s_unfit = [0x794c7630, 0x6969, 0x65735546, 0xff534d42, 0xfe534d42, 0x01021997, 0x00c36400];

    private static readonly Lazy<bool> s_tmpfsHasAttributes = new(TryTmpfs);

    /// <summary>An upper side in memory is complete: tried with a memfd, which is a file of tmpfs.</summary>
    public static bool IsMemoryFit => s_tmpfsHasAttributes.Value;

    /// <summary>Something of the job is an overlay that it may change and whose changes nobody has given a directory.</summary>
    public static bool IsNeeded(JobSpec job) =>
        job.Rootfs is DirectoryRootfs { Writable: true } or ImageRootfs { Writable: true } || job.Mounts.Any(mount => mount is OverlayMount { Upper: null });

    /// <summary>Opens, or makes, the directory of the user for upper sides on a disk; null if no file system is fit for one.</summary>
    /// <param name="store">The store; empty if there is no place for one.</param>
    /// <param name="sources">Directories that the overlays are of: an upper side can be neither in one of them nor above it (ELOOP; ovl_check_layer).</param>
    /// <param name="path">Its real path.</param>
    public static SafeFileHandle? Open(string store, IReadOnlyList<string> sources, out string path)
    {
        path = "";
        var taken = sources.Select(Libc.RealPath).OfType<string>().ToList();
        foreach (var above in new[] { store, OutsideOfStore }.Where(above => above.Length > 0))
        {
            var directory = In(above);
            if (directory is not null && Libc.RealPath($"{above}/{Directory}") is { } real && !taken.Any(source => Paths.IsAtOrBelow(real, source) || Paths.IsAtOrBelow(source, real)))
            {
                path = real;
                return directory;
            }

            directory?.Dispose();
        }

        return null;
    }

    /// <summary>The directory of this user where the store is not fit.</summary>
    public static string OutsideOfStore => $"{Fallback}/sandbox-{Libc.EffectiveUid()}";

    /// <summary>The directories of the host below the job's writable overlays, layers of images aside, which are the store's.</summary>
    public static IReadOnlyList<string> SourcesOf(JobSpec job)
    {
        var sources = job.Mounts.OfType<OverlayMount>().Where(mount => mount.Upper is null).Select(mount => mount.Source);
        return job.Rootfs is DirectoryRootfs { Writable: true } root ? [.. sources, root.Held?.Path ?? root.Path] : [.. sources];
    }

    /// <summary>The path as <see cref="Open"/> would find it, made or not; null if nothing is there yet.</summary>
    public static string? Expected(string store, IReadOnlyList<string> sources)
    {
        using var directory = Open(store, sources, out var path);
        return directory is null ? null : path;
    }

    private static SafeFileHandle? In(string above)
    {
        try
        {
            using var owner = StoreLocation.Create(above);
            var name = Encoding.UTF8.GetBytes(Directory + '\0');
            _ = Libc.MakePrivateDirectoryAt(owner, name);
            if (Libc.OpenAt(owner, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, out var directory) < 0)
            {
                return null;
            }

            if (StoreDirectory.IsPrivate(directory) && IsFit(directory))
            {
                return directory;
            }

            directory.Dispose();
            return null;
        }
        catch (SandboxException)
        {
            return null; // the next place may do; that none does is told
        }
    }

    private static bool IsFit(SafeFileHandle directory) =>
        Libc.FileSystem(directory, out var usage) == 0 && !s_unfit.Contains(usage.Type & 0xffffffff) && Libc.MakeOpaque(directory) == 0;

    private static bool TryTmpfs()
    {
        if (Libc.CreateSealable("attributes\0"u8, executable: false, out var file) < 0)
        {
            return true; // nothing works then, and whatever comes next says why
        }

        using (file)
        {
            return Libc.MakeOpaque(file) is var error && error != -Errno.EOPNOTSUPP;
        }
    }
}
