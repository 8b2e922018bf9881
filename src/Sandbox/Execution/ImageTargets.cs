using Sandbox.Images;
using Sandbox.Text;

namespace Sandbox.Execution;

// The launcher follows no link, and a plan is about the paths it names. But images are full of links among their folders
// (/var/run -> /run, /lib -> usr/lib), and what goes to /var/run/x in a container goes to /run/x. Layers never change, so
// that can be settled beforehand.

/// <summary>Where the mounts and files of a job go in an image whose folders are links: followed inside of the image, never on the host.</summary>
internal static class ImageTargets
{
    // The job's own, whatever the image has there.
    private static readonly string[] s_own = ["/dev", "/proc", "/work", "/tmp"];

    /// <summary>The same job with targets that no link of the image stands in the way of.</summary>
    /// <exception cref="SandboxException">A target lies behind a circle of links.</exception>
    public static JobSpec Follow(JobSpec spec, StoredImage image)
    {
        var covered = new List<string>(s_own);
        var mounts = spec.Mounts.Select(mount => Follow(mount, image, covered)).ToArray();
        return spec with
        {
            Mounts = mounts,
            Files = spec.Files.Select(file => MayMove(file, spec) ? file with { Path = Real(file.Path, image, covered) } : file).ToArray(),
        };
    }

    private static MountSpec Follow(MountSpec mount, StoredImage image, List<string> covered)
    {
        var target = Real(mount.Target, image, covered);
        if (mount is not SymlinkMount)
            covered.Add(target);
        return target == mount.Target ? mount : mount with { Target = target };
    }

    // Whoever may change the root may put another folder in the place of the link: such a file would not stay at its path.
    private static bool MayMove(InjectedFile file, JobSpec spec) => !file.ReadOnly || spec.Rootfs is ImageRootfs { Writable: false };

    private static string Real(string path, StoredImage image, List<string> covered)
    {
        var slash = path.LastIndexOf('/');
        if (slash <= 0 || covered.Exists(above => Paths.IsAtOrBelow(path, above)))
            return path;

        var folder = image.RealFolder(path[..slash]);
        return (folder == "/" ? "" : folder) + path[slash..];
    }
}
