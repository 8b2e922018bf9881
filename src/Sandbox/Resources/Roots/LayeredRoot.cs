using Sandbox.Planning;
using Sandbox.Planning.Steps;

namespace Sandbox.Resources.Roots;

/// <summary>Folders laid over each other by one overlay: the layers of an image, or one folder that the job may change.</summary>
internal static class LayeredRoot
{
    private const string Etc = "/etc";

    public static IReadOnlyList<PlanStep> Steps(JobSpec spec, RootLayers layers, bool writable, string origin)
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
        return steps;
    }

    // Nix makes images whose /etc is a link into its store.
    private static PlanStep Moved(PlanStep step, string folder) => step switch
    {
        FileStep file => file with { Target = folder + file.Target[Etc.Length..] },
        BindStep bind => bind with { Target = folder + bind.Target[Etc.Length..] },
        _ => step,
    };
}
