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
        return draft.Job.Spec.Rootfs is HostRootfs
            ? new Lease { Steps = HostDirectories.Steps(draft.Job.Spec, host.SystemDirectories.Of(draft.Context.Host)) }
            : Of(draft.Job.Spec, draft.Context);
    }

    /// <summary>The same, for an image that the context holds.</summary>
    public static Lease Of(JobSpec spec, PlanContext context) => new()
    {
        Steps = spec.Rootfs switch
        {
            HostRootfs => HostDirectories.Steps(spec, context.Host),
            EmptyRootfs => [],
            DirectoryRootfs { Writable: true } directory => LayeredRoot.Steps(spec, LayersOf(directory, context.Host), writable: true, "/rootfs/directory"),
            DirectoryRootfs directory => DirectoryRoot.Steps(spec, LayersOf(directory, context.Host), context.Host),
            ImageRootfs image => LayeredRoot.Steps(spec, context.Image!, image.Writable, "/rootfs/image"),
            _ => throw new UnreachableException("a rootfs without a resource"),
        },
    };

    // Where it was found before, this process reads by the descriptor, and the launcher compares.
    private static RootLayers LayersOf(DirectoryRootfs root, HostTree host) => new()
    {
        Directories = [root.Held?.Path ?? root.Path],
        Read = path => host.ReadBeneath(root.Held?.OwnPath ?? root.Path, path),
        Held = root.Held,
    };
}
