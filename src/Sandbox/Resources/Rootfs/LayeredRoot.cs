using Sandbox.Planning;
using Sandbox.Planning.Steps;

namespace Sandbox.Resources.Rootfs;

/// <summary>Folders laid over each other by one overlay: the layers of an image, or one folder that the job may change.</summary>
internal sealed class LayeredRoot : IJobResource
{
    public LayeredRoot(JobSpec spec, RootLayers layers, bool writable, string origin)
    {
        var steps = new List<PlanStep>(layers.Folders.Count + 8);
        foreach (var folder in layers.Folders)
            steps.Add(new LayerStep(folder, origin) { OwnFiles = layers.OwnFiles });

        steps.Add(new LayeredRootStep(!writable, origin));

        // Whatever the layers have there, devices come from a folder of our own.
        steps.Add(new FolderStep("/dev", origin));
        GeneratedEtc.AddTo(steps, spec, layers, origin);
        Steps = steps;
    }

    public ulong Namespaces => 0;

    public IReadOnlyList<PlanStep> Steps { get; }

    public void Dispose()
    {
    }
}
