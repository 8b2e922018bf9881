using Sandbox.Host;
using Sandbox.Images;
using Sandbox.Jobs;
using Sandbox.Planning;
using Sandbox.Text;

namespace Sandbox.Resources.Roots;

/// <summary>What an image says of its jobs, where a job itself says nothing.</summary>
internal static class ImageDefaults
{
    private const string Pointer = "/rootfs/image";

    /// <summary>The image of a job, in use until it is given back; null without one. The job gets its defaults.</summary>
    /// <exception cref="InvalidJobException">Nobody names a command, or what is given as an image is none.</exception>
    /// <exception cref="SandboxException">There is no such image, or it cannot be used.</exception>
    public static Lease? Acquire(JobDraft draft, HostResources host, CancellationToken cancellationToken)
    {
        if (draft.Job.Spec.Rootfs is not ImageRootfs rootfs)
        {
            return null;
        }

        using var step = HostWatch.Enter(Operation.OpenImage);
        var image = Find(rootfs, host.Images);
        try
        {
            draft.Job = Apply(draft.Job, image);
            draft.Context = draft.Context with { Image = Layers(image) with { WritableDirectories = rootfs.Writable ? [] : Volumes(image) } };
            draft.Image = image;
            return new Lease(image);
        }
        catch (SandboxException failure) when (failure.Pointer is null)
        {
            image.Dispose();
            throw failure.For(Pointer);
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    // What a plan needs to know of an image.
    private static RootLayers Layers(StoredImage image) =>
        new() { Directories = image.Layers, Read = image.ReadFile, RealDirectory = image.RealDirectory, OwnFiles = true };

    /// <summary>The job with the image's command, environment, working directory and user filled in.</summary>
    /// <exception cref="InvalidJobException">Neither names a command.</exception>
    /// <exception cref="SandboxException">The image says what no job may.</exception>
    private static ValidJob Apply(ValidJob job, StoredImage image)
    {
        var spec = job.Spec with
        {
            Command = Command(job.Spec, image.Config),
            Env = Environment(job.Spec.Env, image.Config.Env),
            WorkingDirectory = job.Spec.WorkingDirectory ?? Directory(image.Config.WorkingDirectory),
            User = job.Spec.User ?? User(image),
        };
        try
        {
            return JobValidator.Validate(ImageTargets.Follow(spec, image));
        }
        catch (InvalidJobException invalid)
        {
            // The job was valid without the image.
            throw new SandboxException($"the image cannot be used as it is: {invalid.Problems[0]}", invalid) { Operation = Operation.UseImage, Pointer = Pointer };
        }
    }

    private static StoredImage Find(ImageRootfs rootfs, UnpackedImages images)
    {
        try
        {
            return images.Open(rootfs.Reference, rootfs.Held);
        }
        catch (InvalidImageException invalid)
        {
            throw new InvalidJobException([new() { Pointer = Pointer, Message = invalid.Message }]);
        }
        catch (SandboxException failure) when (failure.Pointer is null)
        {
            throw failure.For(Pointer);
        }
    }

    private static IReadOnlyList<string> Command(JobSpec spec, ImageConfig config)
    {
        if (spec.Command.Count > 0)
        {
            return spec.Command;
        }

        IReadOnlyList<string> command = [.. config.Entrypoint, .. config.Command];
        return command.Count > 0
            ? command
            : throw new InvalidJobException([new() { Pointer = "/command", Message = "is missing, and the image names none" }]);
    }

    private static Dictionary<string, string> Environment(IReadOnlyDictionary<string, string> own, IReadOnlyList<string> ofImage)
    {
        var merged = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var variable in ofImage)
        {
            var equals = variable.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                merged[variable[..equals]] = variable[(equals + 1)..];
            }
        }

        foreach (var (name, value) in own)
        {
            merged[name] = value;
        }

        return merged;
    }

    // Images are made with "/app/", "app" and "/app/../srv" as well: by its words, as docker cleans it, and not by links.
    private static string? Directory(string directory)
    {
        var way = new Stack<string>();
        foreach (var component in directory.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (component == "..")
            {
                way.TryPop(out _);
            }
            else if (component != ".")
            {
                way.Push(component);
            }
        }

        return directory.Length == 0 ? null : "/" + string.Join('/', way.Reverse());
    }

    // Where a job has a directory of its own that it may write to, it needs none. From the outermost on: the mount of one hides what is below.
    private static IReadOnlyList<string> Volumes(StoredImage image) =>
        [.. image.Config.Volumes.Select(Directory).OfType<string>().Select(image.RealDirectory).Where(static path => path != "/" && !ImageTargets.IsOwn(path))
            .Distinct(StringComparer.Ordinal).OrderBy(static path => path.Length).ThenBy(static path => path, StringComparer.Ordinal)];

    private static JobUser? User(StoredImage image) =>
        image.User() is { } user ? new JobUser { Uid = user.Uid, Gid = user.Gid } : null;
}

// The launcher follows no link, and a plan is about the paths it names. But images are full of links among their directories
// (/var/run -> /run, /lib -> usr/lib), and what goes to /var/run/x in a container goes to /run/x. Layers never change, so
// that can be settled beforehand.

/// <summary>Where the mounts and files of a job go in an image whose directories are links: followed inside of the image, never on the host.</summary>
internal static class ImageTargets
{
    // The job's own, whatever the image has there.
    private static readonly string[] s_own = ["/dev", "/proc", "/work", "/tmp"];

    /// <summary>The path is one of the job's own, whatever the image has there.</summary>
    public static bool IsOwn(string path) => Array.Exists(s_own, own => Paths.IsAtOrBelow(path, own));

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

    private static Mount Follow(Mount mount, StoredImage image, List<string> covered)
    {
        var target = Real(mount.Target, image, covered);
        if (mount is not SymlinkMount)
        {
            covered.Add(target);
        }

        return target == mount.Target ? mount : mount with { Target = target };
    }

    // Whoever may change the root may put another directory in the place of the link: such a file would not stay at its path.
    private static bool MayMove(InjectedFile file, JobSpec spec) => !file.ReadOnly || spec.Rootfs is ImageRootfs { Writable: false };

    private static string Real(string path, StoredImage image, List<string> covered)
    {
        var slash = path.LastIndexOf('/');
        if (slash <= 0 || covered.Exists(above => Paths.IsAtOrBelow(path, above)))
        {
            return path;
        }

        var directory = image.RealDirectory(path[..slash]);
        return (directory == "/" ? "" : directory) + path[slash..];
    }
}
