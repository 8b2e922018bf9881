using System.Diagnostics;
using Sandbox.Host;
using Sandbox.Planning;

namespace Sandbox.Resources.Roots;

/// <summary>What the job's root is made of. Nothing of it has to be given back: mounts end with their namespace, and an image is a lease of its own.</summary>
internal static class JobRoot
{
    /// <summary>The root of a job.</summary>
    public static Lease? Acquire(JobDraft draft, HostResources host, CancellationToken cancellationToken)
    {
        using var step = HostWatch.Enter(Operation.LookAtFiles);
        return Of(draft.Job.Spec, draft.Context);
    }

    /// <summary>The same, for an image that the context holds.</summary>
    public static Lease Of(JobSpec spec, PlanContext context) => new()
    {
        Steps = spec.Rootfs switch
        {
            HostRootfs => HostDirectories.Steps(spec, context.Host),
            EmptyRootfs => [],
            DirectoryRootfs { Writable: true } directory => LayeredRoot.Steps(spec, LayersOf(directory.Path, context.Host), writable: true, "/rootfs/directory"),
            DirectoryRootfs directory => DirectoryRoot.Steps(spec, LayersOf(directory.Path, context.Host), context.Host),
            ImageRootfs image => LayeredRoot.Steps(spec, context.Image!, image.Writable, "/rootfs/image"),
            _ => throw new UnreachableException("a rootfs without a resource"),
        },
    };

    private static RootLayers LayersOf(string directory, HostTree host) => new()
    {
        Directories = [directory],
        Read = path => host.ReadBeneath(directory, path),
    };
}
