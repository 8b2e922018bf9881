using Sandbox.Planning;
using Sandbox.Planning.Steps;

namespace Sandbox.Resources.Roots;

/// <summary>Folders laid over each other by one overlay: the layers of an image, or one folder that the job may change.</summary>
internal sealed class LayeredRoot : IJobResource
{
    private const string Etc = "/etc";

    public LayeredRoot(JobSpec spec, RootLayers layers, bool writable, string origin)
    {
        var steps = new List<PlanStep>(layers.Folders.Count + 8);
        foreach (var folder in layers.Folders)
        {
            steps.Add(new LayerStep(folder, origin) { OwnFiles = layers.OwnFiles });
        }

        steps.Add(new LayeredRootStep(!writable, origin));

        // Whatever the layers have there, devices come from a folder of our own.
        steps.Add(new FolderStep("/dev", origin));
        var etc = new List<PlanStep>();
        GeneratedEtc.AddTo(etc, spec, layers, origin);
        var real = layers.RealFolder(Etc);
        steps.AddRange(real == Etc ? etc : etc.Select(step => Moved(step, real)));
        Steps = steps;
    }

    public ulong Namespaces => 0;

    public IReadOnlyList<PlanStep> Steps { get; }

    public void Dispose()
    {
    }

    // Nix makes images whose /etc is a link into its store.
    private static PlanStep Moved(PlanStep step, string folder) => step switch
    {
        FileStep file => file with { Target = folder + file.Target[Etc.Length..] },
        BindStep bind => bind with { Target = folder + bind.Target[Etc.Length..] },
        _ => step,
    };
}

/// <summary>Nothing but what every job gets; not even /etc.</summary>
internal sealed class EmptyRoot : IJobResource
{
    public ulong Namespaces => 0;

    public IReadOnlyList<PlanStep> Steps => [];

    public void Dispose()
    {
    }
}
