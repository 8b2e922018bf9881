using Sandbox.Jobs;
using Sandbox.Planning;
using Sandbox.Policies;
using Sandbox.Resources.Networks;
using Sandbox.Resources.Roots;

namespace Sandbox.Resources;

/// <summary>Which class gives a job what: the one place to add a line for a new rootfs or network.</summary>
internal static class JobResources
{
    /// <summary>Compiles a job with its resources.</summary>
    public static SandboxPlan Compile(ValidJob job, CompiledPolicy policy, PlanContext context) =>
        PlanCompiler.Compile(job, policy, context, Of(job.Spec, context));

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
        NoNetwork => new NetworkOff(),
        LoopbackNetwork => new NetworkOfLoopback(),
        HostNetwork => new NetworkOfHost(),
        _ => throw new InvalidOperationException("a network without a resource"),
    };
}
