using Sandbox.Planning;
using Sandbox.Resources.Network;
using Sandbox.Resources.Rootfs;

namespace Sandbox.Resources;

/// <summary>Which class gives a job what: the one place to add a line for a new rootfs or network.</summary>
internal static class JobResources
{
    /// <summary>The resources of a job. The caller disposes of them after its end.</summary>
    public static IReadOnlyList<IJobResource> Of(JobSpec spec, PlanContext context) => [RootfsOf(spec, context), NetworkOf(spec)];

    private static IJobResource RootfsOf(JobSpec spec, PlanContext context) => spec.Rootfs switch
    {
        HostRootfs => new HostFolders(spec, context.Host),
        EmptyRootfs => new EmptyRoot(),
        DirectoryRootfs { Writable: true } directory => new LayeredRoot(spec, LayersOf(directory.Path, context.Host), writable: true, "/rootfs/directory"),
        DirectoryRootfs directory => new DirectoryRoot(spec, LayersOf(directory.Path, context.Host), context.Host),
        ImageRootfs image => new LayeredRoot(spec, context.Image!, image.Writable, "/rootfs/image"),
        _ => throw new InvalidOperationException("a rootfs without a resource"),
    };

    private static RootLayers LayersOf(string folder, HostTree host) => new()
    {
        Folders = [folder],
        Read = path => host.ReadBeneath(folder, path),
    };

    private static IJobResource NetworkOf(JobSpec spec) => spec.Network switch
    {
        NetworkMode.None => new NoNetwork(),
        NetworkMode.Loopback => new LoopbackNetwork(),
        NetworkMode.Host => new HostNetwork(),
        _ => throw new InvalidOperationException("a network without a resource"),
    };
}
