using Sandbox.Planning.Steps;

namespace Sandbox.Planning;

/// <summary>A writable overlay of a job: where its changes are kept, and what it was made of.</summary>
internal sealed record OverlayUpper
{
    /// <summary>The folder in the job's scratch that holds <c>upper</c> and <c>work</c>.</summary>
    public required string Folder { get; init; }

    /// <summary>Where the job sees it.</summary>
    public required string Target { get; init; }

    /// <summary>The host's folders below it, topmost first; the upper ones may hold whiteouts and opaque folders of their own.</summary>
    public required IReadOnlyList<string> LowerFolders { get; init; }

    /// <summary>JSON pointer of what asked for it.</summary>
    public required string Origin { get; init; }

    /// <summary>What the launcher put into it before the job started, by the path below <see cref="Target"/>: no change of the job.</summary>
    public required IReadOnlyDictionary<string, GivenEntry> Given { get; init; }

    /// <summary>Mode of the upper folder itself (overlay_new, native/launcher/steps_overlay.c).</summary>
    public int Mode { get; init; } = GivenEntry.FolderMode;

    /// <summary>The writable overlays of a plan, in its order.</summary>
    public static IReadOnlyList<OverlayUpper> AllOf(SandboxPlan plan)
    {
        var uppers = new List<OverlayUpper>();
        var number = 0;
        for (var index = 0; index < plan.Steps.Count; index++)
        {
            // The launcher numbers read-only ones too, and those whose changes a folder of the user keeps: who asked for that
            // finds them there, with what earlier jobs changed.
            if (plan.Steps[index] is not (OverlayStep or LayeredRootStep))
                continue;

            var folder = $"overlay{number++}";
            if (plan.Steps[index] is MountStep { Writable: true } overlay and not OverlayStep { Upper: not null })
                uppers.Add(Of(overlay, folder, plan.Steps, index));
        }

        return uppers;
    }

    private static OverlayUpper Of(MountStep overlay, string folder, IReadOnlyList<PlanStep> steps, int index) => new()
    {
        Folder = folder,
        Target = overlay.Target,
        LowerFolders = overlay is OverlayStep { Source: var source } ? [source] : [.. steps.OfType<LayerStep>().Select(layer => layer.Folder)],
        Origin = overlay.Origin,
        Given = GivenEntry.Below(overlay.Target, steps, index + 1),
    };
}
