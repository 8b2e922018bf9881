namespace Sandbox.Planning.Steps;

/// <summary>The next folder down of those that make up the job's root.</summary>
internal sealed record LayerStep(string Folder, string Origin) : PlanStep(PlanPhase.Mounts, Origin)
{
    public override string Name => "layer";

    public override string? Path => Folder;

    public override StepFields Fields => new(StepKind.Layer) { A = Folder };

    public override string Describe() => $"take {Words.Quote(Folder)} as a layer of the root";
}
