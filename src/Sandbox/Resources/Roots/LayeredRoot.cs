using Sandbox.Planning;
using Sandbox.Planning.Steps;

namespace Sandbox.Resources.Roots;

/// <summary>Directories laid over each other by one overlay: the layers of an image, or one directory that the job may change.</summary>
internal static class LayeredRoot
{
    private const string Etc = "/etc";

    public static IReadOnlyList<PlanStep> Steps(JobSpec spec, RootLayers layers, bool writable, string origin)
    {
        var steps = new List<PlanStep>(layers.Directories.Count + 8);
        foreach (var directory in layers.Directories)
        {
            steps.Add(new LayerStep(directory, origin) { OwnFiles = layers.OwnFiles, Identity = layers.Held?.Identity });
        }

        steps.Add(new LayeredRootStep(!writable, origin) { TakesChanges = layers.WritableDirectories.Count > 0 });
        steps.AddRange(layers.WritableDirectories.Select(directory => new KeepWritableStep(directory, origin)));

        // Whatever the layers have there, devices come from a directory of our own.
        steps.Add(new DirectoryStep("/dev", origin));
        var etc = new List<PlanStep>();
        GeneratedEtc.AddTo(etc, spec, layers, origin);
        var real = layers.RealDirectory(Etc);
        steps.AddRange(real == Etc ? etc : etc.Select(step => Moved(step, real)));
        return steps;
    }

    // Nix makes images whose /etc is a link into its store.
    private static PlanStep Moved(PlanStep step, string directory) => step switch
    {
        FileStep file => file with { Target = directory + file.Target[Etc.Length..] },
        BindStep bind => bind with { Target = directory + bind.Target[Etc.Length..] },
        _ => step,
    };
}
