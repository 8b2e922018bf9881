using Sandbox.Planning;
using Sandbox.Resources.Network;
using Sandbox.Resources.Rootfs;

namespace Sandbox.Resources;

/// <summary>Which class gives a job what: the one place to add a line for a new rootfs or network.</summary>
internal static class JobResources
{
    /// <summary>The resources of a job. The caller disposes of them after its end.</summary>
    public static IReadOnlyList<IJobResource> Of(JobSpec spec, HostTree host) => [RootfsOf(spec, host), NetworkOf(spec)];

    private static IJobResource RootfsOf(JobSpec spec, HostTree host) => spec.Rootfs switch
    {
        HostRootfs => new HostFolders(spec, host),
        EmptyRootfs => new EmptyRoot(),
        DirectoryRootfs directory => new DirectoryRoot(directory.Path, host),
        _ => throw new InvalidOperationException("a rootfs without a resource"),
    };

    private static IJobResource NetworkOf(JobSpec spec) => spec.Network switch
    {
        NetworkMode.None => new NoNetwork(),
        NetworkMode.Loopback => new LoopbackNetwork(),
        NetworkMode.Host => new HostNetwork(),
        _ => throw new InvalidOperationException("a network without a resource"),
    };
}
